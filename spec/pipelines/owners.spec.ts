/** @file A run's directory belongs to one process, and nothing goes on in one that is lost. */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import { builtIn } from "../../pipelines/experiments/source.ts";
import { lockOf } from "../../pipelines/files/lock.ts";
import type { TrainEvent } from "../../pipelines/runs/events.ts";
import { type RunOptions, train } from "../../pipelines/runs/train.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, rangeflow, rowsIn, sameRows, small, smallArgs, stoppedAfter } from "./runs.ts";

const test = suite("owners of directories");

/** Events of a run, and the sentence that it ended with. */
const failing = async (options: RunOptions): Promise<{ events: TrainEvent[]; sentence: string }> => {
  const events: TrainEvent[] = [];
  const error = await new Promise((resolve) =>
    train(builtIn({ ...small, checkpointSeconds: 0 }), options).subscribe({
      next: (event) => events.push(event),
      error: resolve,
      complete: () => resolve(undefined),
    }),
  );
  assert.instance(error, RangeflowFailure);
  return { events, sentence: (error as RangeflowFailure).message };
};

/** Does something when the run has done so many batches. */
const when = (batches: number, act: () => void): Pick<RunOptions, "tap"> => {
  let done = 0;
  return {
    tap: ({ _tag }) => {
      if (_tag === "Activation" && ++done === batches) act();
    },
  };
};

test("two new runs at the same moment take two directories, and each is whole", async () => {
  const cwd = scratch();
  const ended = await Promise.all([1, 2].map(() => rangeflow(["train", ...smallArgs], { cwd })));
  assert.equal(
    ended.map(({ code }) => code),
    [0, 0],
  );
  const dirs = readdirSync(join(cwd, "runs")).map((name) => join(cwd, "runs", name));
  assert.is(dirs.length, 2);
  assert.is(rowsIn(dirs[0]!).length, 15 * 20);
  sameRows(dirs[0]!, dirs[1]!);
});

test("of two runs with one --out, and of two that resume it, one is refused and the other is whole", async () => {
  const [fresh, stopped] = [join(scratch(), "run"), join(scratch(), "run")];
  await stoppedAfter(4, stopped);
  const pairs = [
    ["train", ...smallArgs, "--out", fresh],
    ["train", "--resume", "--out", stopped],
  ].flatMap((args) => [rangeflow(args), rangeflow(args)]);
  const ended = await Promise.all(pairs);
  for (const [dir, ...both] of [
    [fresh, ended[0], ended[1]],
    [stopped, ended[2], ended[3]],
  ] as const) {
    const loser = both.find((each) => each?.code !== 0);
    if (loser !== undefined) {
      assert.is(loser.code, 2);
      assert.match(loser.err, /in use by process \d+, expected|the directory of a run, expected/);
    }
    assert.ok(both.some((each) => each?.code === 0));
    assert.is(rowsIn(dir).length, 15 * 20);
  }
  sameRows(fresh, stopped);
});

test("a directory that is in use is refused, and nothing in it touched", async () => {
  const out = scratch();
  const lock = await lockOf(out);
  const { sentence } = await failing({ out });
  assert.match(sentence, /in use by process/);
  assert.equal(readdirSync(out), ["lock.json"]);
  lock.release();
});

test("a recording, a segment or a whole directory that disappears ends the run", async () => {
  for (const [what, name] of [
    ["ranges", "ranges"],
    ["segment", "ranges/000000.arrows"],
    ["sums", "ranges/000000.sums"],
    ["directory", "."],
  ] as const) {
    const out = join(scratch(), "run");
    const { sentence, events } = await failing({
      out,
      ...when(5, () => renameSync(join(out, name), `${out}-${what}`)),
    });
    assert.match(sentence, what === "directory" ? /its lock file is gone/ : /no longer there/, what);
    assert.is(events.at(-1)?.event, "failed");
    if (what === "directory") assert.not(existsSync(out));
  }
});

test("a segment that another file has replaced ends the run, and the other file is left alone", async () => {
  const out = join(scratch(), "run");
  const path = join(out, "ranges/000000.arrows");
  const { sentence } = await failing({
    out,
    ...when(5, () => {
      rmSync(path);
      writeFileSync(path, "mine");
    }),
  });
  assert.match(sentence, /000000\.arrows: another file by now/);
});

test("a run that fails before its first step leaves nothing, but what another process has taken over", async () => {
  const fails = (): void => {
    throw new RangeflowFailure({ _tag: "Problem", where: "here", found: "enough", expected: "less" });
  };
  const [gone, taken] = [join(scratch(), "run"), join(scratch(), "run")];
  await failing({ out: gone, ...when(1, fails) });
  assert.not(existsSync(gone));
  const takeOver = (): void => {
    rmSync(join(taken, "lock.json"));
    writeFileSync(join(taken, "lock.json"), "of another");
    fails();
  };
  await failing({ out: taken, ...when(1, takeOver) });
  assert.equal(readdirSync(taken).sort(), ["checkpoint.safetensors", "events.jsonl", "lock.json", "ranges"]);
});

test("a run that fails behind its first step says what stays, and where", async () => {
  const out = join(scratch(), "run");
  const { events } = await failing({
    out,
    ...when(3, () => {
      throw new RangeflowFailure({ _tag: "Problem", where: "here", found: "enough", expected: "less" });
    }),
  });
  assert.equal(events.at(-1), { event: "failed", step: 2, out });
  assert.is((await doneOf({}, { out, resume: true })).weightsSha256, (await doneOf(small)).weightsSha256);
});

test.run();
