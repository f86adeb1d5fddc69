/** @file A run of another process, watched: its page is a report of its files at any moment, also when it goes back, ends or is gone. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newHolder } from "../../../pipelines/files/holder.ts";
import { watchedRun } from "../../../pipelines/live/watchedRun.ts";
import { watchRun } from "../../../pipelines/live/watchRun.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import type { RunOptions } from "../../../pipelines/runs/train.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { foreignColumns, recordForeign } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small, stopsAfter } from "../runs.ts";
import { checkSameView } from "./sameView.ts";

const test = suite("live/watchedRun");

const measured: Partial<Settings> = { ...small, sqnrEvery: 3, histogramEvery: 5 };
const home = scratch();

/** Whether the page of a run is what a report of its files is; until the log has its first ratios, a report computes those of histograms. */
const checkReported = (view: RunView, out: string): void => {
  const read = readRunView(out);
  if (read.sqnrFrom !== "histograms") checkSameView(view, read);
};

/** Trains while somebody looks each `every`-th signal, or more often than there is anything new. */
const trained = (out: string, look: () => void, options: RunOptions = {}, every = 100) => {
  let signals = 0;
  const { tap, ...rest } = options;
  return eventsOf(measured, {
    ...rest,
    out,
    tap: (signal) => {
      tap?.(signal);
      if (signals++ % every === 0) look();
    },
  });
};

test("a recording of others is shown as a report shows it, and says that it is one", () => {
  const dir = join(scratch(), "theirs");
  recordForeign(
    dir,
    foreignColumns([1, 2].map((max, step) => ({ step, site: "fc/gradient", min: -max, max }))),
  );
  const { open, status } = watchedRun(dir)();
  checkSameView(open.view(), readRunView(dir));
  assert.is(open.view().state, "imported");
  assert.equal(status, { state: "silent", text: "a foreign recording of steps up to 1" });
});

test("from an empty directory to the end: the page is what a report reads, whenever one looks", async () => {
  const out = join(home, "whole");
  mkdirSync(out);
  const shown = watchedRun(out);
  const { generation } = shown();
  assert.equal(shown().status, { state: "silent", text: `no run in ${out} yet` });
  const states = new Set<string>();
  await trained(out, () => {
    const { status, open } = shown();
    states.add(status.state);
    if (existsSync(join(out, "ranges"))) checkReported(open.view(), out);
  });
  const last = shown();
  assert.is(last.status.state, "finished");
  checkSameView(last.open.view(), readRunView(out));
  assert.equal([...states], ["live"]);
  assert.is(last.generation, generation, "nothing was read twice");
  checkSameView(watchedRun(join(out, "ranges"), out)().open.view(), readRunView(out));
});

test("a run that is stopped, and then resumed from a checkpoint before what it had recorded, is read anew", async () => {
  const [out, earlier] = [join(home, "resumed"), join(home, "earlier")];
  await trained(earlier, () => {}, stopsAfter(7));
  await trained(out, () => {}, stopsAfter(14));
  // The recording goes to step 13 or so, the checkpoint only to 7: so it is left by a kill.
  cpSync(join(earlier, "checkpoint.safetensors"), join(out, "checkpoint.safetensors"));
  const shown = watchedRun(out);
  const before = shown();
  const { steps } = before.open.view();
  assert.ok(steps > 10, `${steps}`);
  assert.equal(before.status, {
    state: "silent",
    text: `no process trains this run; it was stopped or killed after step ${steps}`,
  });
  const [generations, counts] = [new Set<string>(), new Set<number>()];
  await trained(
    out,
    () => {
      const { generation, open, status } = shown();
      generations.add(generation);
      counts.add(open.view().steps);
      assert.is(status.state, "live");
      checkReported(open.view(), out);
    },
    { resume: true },
    20,
  );
  assert.ok(Math.min(...counts) < steps, [...counts].join());
  assert.not(generations.has(before.generation));
  const last = shown();
  checkSameView(last.open.view(), readRunView(out));
  assert.is(last.open.view().done?.event, "done");
});

test("a directory that is gone leaves what it held, and another run in its place is shown from its beginning", async () => {
  const [out, other] = [join(home, "gone"), join(home, "other")];
  await trained(out, () => {});
  const shown = watchedRun(out);
  const held = shown().open.view();
  rmSync(out, { recursive: true });
  rmSync(out, { recursive: true, force: true });
  const { open, status } = shown();
  checkSameView(open.view(), held);
  assert.is(status.state, "finished");
  await eventsOf({ ...measured, seed: 2 }, { out: other });
  cpSync(other, out, { recursive: true });
  checkSameView(shown().open.view(), readRunView(out));
  const going = watchedRun(out);
  going();
  rmSync(join(out, "done.json"));
  going();
  rmSync(out, { recursive: true });
  assert.equal(going().status, { state: "silent", text: `${out} is gone; this is what it held` });
});

test("damage is told, what comes before it is shown, and when it is mended all is", async () => {
  const out = join(home, "damaged");
  await trained(out, () => {}, stopsAfter(9));
  const segment = join(out, "ranges", readdirSync(join(out, "ranges")).find((name) => /arrows$/.test(name))!);
  const whole = readFileSync(segment);
  const damaged = Uint8Array.from(whole);
  damaged.fill(7, whole.length - 2000, whole.length - 1900);
  writeFileSync(segment, damaged);
  const log = join(out, "events.jsonl");
  const lines = readFileSync(log);
  appendFileSync(log, "no object\n");
  const shown = watchedRun(out);
  for (let look = 0; look < 2; look++) {
    const { missing } = shown().open.view();
    assert.is(missing.length, 2, missing.join());
    assert.match(missing[0]!, /000000\.arrows: bytes \d+ to \d+ that do not match their checksum/);
    assert.match(missing[1]!, /events\.jsonl: line \d+, which is not a JSON object/);
  }
  writeFileSync(segment, whole);
  writeFileSync(log, lines);
  checkSameView(shown().open.view(), readRunView(out));
});

test("a run on another host lives as long as its lock is touched", async () => {
  const out = join(home, "elsewhere");
  await trained(out, () => {}, stopsAfter(3));
  const lock = join(out, "lock.json");
  writeFileSync(lock, JSON.stringify({ ...newHolder(), host: "another", boot: "b", pidNamespace: "n" }));
  assert.is(watchedRun(out)().status.state, "live");
  writeFileSync(lock, JSON.stringify({ ...newHolder(), pid: 2 ** 22 + 1 }));
  assert.is(watchedRun(out)().status.state, "silent");
  rmSync(lock);
});

test("watchRun serves a directory, and refuses what is none", async () => {
  const { url, close } = await watchRun(join(home, "whole"), { port: 0 });
  assert.is((await fetch(`${url}view`)).status, 200);
  close();
  for (const none of [join(home, "none"), join(home, "whole", "done.json")])
    try {
      await watchRun(none);
      assert.unreachable("expected a failure");
    } catch (error) {
      assert.match(
        String(error),
        /no such file or directory, expected the directory of a run; check its name/,
      );
    }
});

test.run();
