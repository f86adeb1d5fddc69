/** @file What a page shows of a run that is damaged, cut, or not done yet: whatever is whole of it, and sentences on what is missing. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { parseHTML } from "linkedom";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { lockOf } from "../../../pipelines/files/lock.ts";
import { recorder } from "../../../pipelines/files/recorder.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { reportPage } from "../../../pipelines/report/reportPage.ts";
import { factsOfHolder } from "../../../pipelines/report/runFacts.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { answerTo, smallArgs } from "../runs.ts";

const test = suite("readRunView of what is not whole");
const home = scratch();
const run = join(home, "run");
const damaged = join(home, "damaged");

let rows: readonly RangeSeen[] = [];
let whole: RunView;

test.before(async () => {
  assert.is((await answerTo(["train", ...smallArgs, "--sqnr-every", "5", "--out", run])).code, 0);
  const { runId, rows: recorded } = recordingOf(run);
  rows = [...recorded()];
  // The same rows in many chunks, as a run that takes longer writes them.
  rmSync(join(run, "ranges"), { recursive: true });
  const { append, close } = recorder({
    ...{ dir: join(run, "ranges"), runId, firstStep: 0, now: () => 0, rowsPerBatch: 32 },
  });
  rows.forEach(append);
  close();
  whole = readRunView(run);
  assert.equal(whole.missing, []);
});

const files = [
  "done.json",
  "checkpoint.safetensors",
  "events.jsonl",
  "ranges/000000.arrows",
  "ranges/000000.sums",
];

/** The run with other bytes in some of its files; without a record of its end where `open`. */
const withBytes = (changed: Readonly<Record<string, Uint8Array>>, open: boolean): RunView => {
  rmSync(damaged, { recursive: true, force: true });
  cpSync(run, damaged, { recursive: true });
  if (open) rmSync(join(damaged, "done.json"));
  for (const [name, bytes] of Object.entries(changed)) writeFileSync(join(damaged, name), bytes);
  return readRunView(damaged);
};

const sum = (values: Float64Array): number => values.reduce((all, value) => all + value, 0);

const rowsIn = ({ sites }: RunView): number => sites.reduce((all, { columns }) => all + sum(columns.rows), 0);
const stepsIn = ({ learning }: RunView): number => sum(learning.steps);

/** Rows, steps and epochs of a view are those of the run from its start on, as far as they go. */
const isBeginning = (view: RunView): void => {
  const first = rows.slice(0, rowsIn(view));
  for (const { site, columns } of view.sites) {
    const those = first.filter((row) => row.site === site);
    assert.is(sum(columns.rows), those.length, site);
    for (const [i, { stat }] of those.entries())
      assert.equal([columns.min[i], columns.max[i]], [stat.min, stat.max]);
  }
  const steps = stepsIn(view);
  assert.equal([...view.learning.lossSum].slice(0, steps), [...whole.learning.lossSum].slice(0, steps));
  assert.equal(view.epochs, whole.epochs.slice(0, view.epochs.length));
};

/** Whatever a view holds, and whatever it lacks, there is a page of it. */
const hasPage = (view: RunView): void => assert.match(reportPage([view]), /<script id="runs"/);

const anywhere = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("a file that is cut at any byte takes no other one along, and nothing that stands in front of the cut", () => {
  fc.assert(
    fc.property(fc.constantFrom(...files), anywhere, fc.boolean(), (name, share, open) => {
      const bytes = readFileSync(join(run, name));
      if (open && name === "done.json") return;
      const view = withBytes({ [name]: bytes.subarray(0, Math.floor(share * (bytes.length - 1))) }, open);
      isBeginning(view);
      hasPage(view);
      if (!name.startsWith("ranges")) assert.is(rowsIn(view), rows.length, name);
      if (name !== "events.jsonl") assert.is(stepsIn(view), 20, name);
      assert.is(view.state, open || name === "done.json" ? "open" : "finished");
      // What was written behind the last whole chunk or line of a run that goes on is on its way, and not missing.
      const mustTell =
        name === "done.json" ||
        (name === "checkpoint.safetensors" && open) ||
        (name.startsWith("ranges") && !open && rowsIn(view) < rows.length);
      if (mustTell) assert.ok(view.missing.length > 0, `${name} at ${share}`);
    }),
    { seed: 1, numRuns: 60 },
  );
});

test("a byte that has changed anywhere is told, unless a line of the log stays one; all in front of it is there", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...files),
      anywhere,
      fc.integer({ min: 1, max: 255 }),
      (name, share, bits) => {
        const bytes = readFileSync(join(run, name));
        const at = Math.floor(share * bytes.length);
        bytes[at] = bytes[at]! ^ bits;
        const view = withBytes({ [name]: bytes }, false);
        hasPage(view);
        if (name !== "events.jsonl") isBeginning(view);
        // The checkpoint of a run that has ended is not asked for anything.
        if (name !== "events.jsonl" && name !== "checkpoint.safetensors")
          assert.ok(view.missing.length > 0, `${name}, byte ${at}`);
      },
    ),
    { seed: 2, numRuns: 60 },
  );
});

test("of a damaged log the lines in front of the damage are shown, and its place is told", () => {
  const lines = readFileSync(join(run, "events.jsonl"), "utf8").split("\n");
  const at = lines.findIndex((line) => line.includes('"step":7,'));
  const text = lines.map((line, i) => (i === at ? "{nothing" : line)).join("\n");
  const view = withBytes({ "events.jsonl": new TextEncoder().encode(text) }, false);
  assert.is(stepsIn(view), 7);
  assert.is(rowsIn(view), rows.length);
  assert.match(
    view.missing.join(),
    new RegExp(`events\\.jsonl: line ${at + 1}, which is not a JSON object, expected `),
  );
});

test("without a log, without a recording, and with a recording alone", () => {
  const without = (...names: readonly string[]): RunView => {
    rmSync(damaged, { recursive: true, force: true });
    cpSync(run, damaged, { recursive: true });
    for (const name of names) rmSync(join(damaged, name), { recursive: true });
    return readRunView(damaged);
  };
  assert.equal([stepsIn(without("events.jsonl")), without("events.jsonl").missing], [0, []]);
  const unrecorded = without("ranges");
  assert.is(unrecorded.sites.length, 0);
  assert.match(unrecorded.missing.join(), /ranges: .+, expected the directory of a recording/);
  const alone = without("done.json", "checkpoint.safetensors", "events.jsonl");
  assert.equal([rowsIn(alone), alone.facts, alone.state], [rows.length, [], "open"]);
  isBeginning(alone);
});

test("a run that a living process works on says so", async () => {
  withBytes({}, true);
  const lock = await lockOf(damaged);
  try {
    assert.equal(factsOfHolder(damaged), [["going on in", `process ${process.pid}`]]);
    assert.equal(factsOfHolder(join(damaged, "ranges")), factsOfHolder(damaged));
    const file = join(home, "held.html");
    assert.is((await answerTo(["report", damaged, "--out", file])).code, 0);
    const { document } = parseHTML(readFileSync(file, "utf8"));
    const data = Buffer.from(document.getElementById("runs")!.textContent!, "base64");
    const shown = new TextDecoder().decode(gunzipSync(data));
    assert.ok(shown.includes(`["going on in","process ${process.pid}"]`));
  } finally {
    lock.release();
  }
  assert.equal(factsOfHolder(damaged), []);
});

test("what is no run is refused in a sentence", () => {
  const empty = join(home, "empty");
  mkdirSync(empty);
  assert.match(
    sentenceOf(() => readRunView(empty)),
    /: no readable part of a run, expected the directory of a run; .*[^.]\.$/,
  );
  const nowhere = join(home, "nowhere");
  const file = join(run, "done.json");
  for (const [dir, found] of [
    [nowhere, "no such file or directory"],
    [file, "not a directory"],
  ] as const)
    assert.ok(
      sentenceOf(() => readRunView(dir)).startsWith(
        `${dir}: ${found}, expected the directory of a run or of a study; check its name`,
      ),
    );
});

test.run();
