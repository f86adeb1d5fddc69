/** @file A recording that is not whole is not verified: of a finished run everything has to be there, of another one what it saved. */
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../core/errors.ts";
import { histogram } from "../../core/histogram.ts";
import { rangeflow } from "../../pipelines/cli/rangeflow.ts";
import { contentsOf } from "../../pipelines/files/contents.ts";
import { readRecording } from "../../pipelines/files/recording.ts";
import { recordingOf } from "../../pipelines/runs/runRecording.ts";
import { failureOf } from "../support/failureOf.ts";
import { record, rowsOfSteps } from "./files/recordedRows.ts";
import { scratch } from "./files/scratch.ts";
import { doneOf, eventsOf, small, stoppedAfter } from "./runs.ts";

const test = suite("completeness");
const home = scratch();
const [whole, cut, stopped] = ["whole", "cut", "stopped"].map((name) => join(home, name)) as [
  string,
  string,
  string,
];

await doneOf(small, { out: whole });
await stoppedAfter(6, cut);
await stoppedAfter(6, stopped);
await doneOf({}, { out: cut, resume: true });

/** Output of `replay --verify`, or the sentence that it ends with. */
const verified = async (dir: string, ...more: readonly string[]): Promise<string> => {
  let said = "";
  const write = (text: string) => (said += text);
  await rangeflow(["replay", dir, "--verify", ...more], {
    out: write,
    err: write,
    draw: () => {},
  });
  return said.trim();
};

/** A copy of a run with one thing done to its ranges. */
const changed = (run: string, act: (ranges: string) => void): string => {
  const dir = join(scratch(), "run");
  cpSync(run, dir, { recursive: true });
  act(join(dir, "ranges"));
  return dir;
};

test("a finished run is verified as a whole, also one that was cut and resumed", async () => {
  for (const dir of [whole, cut, join(whole, "ranges")])
    assert.is(await verified(dir), "verified: 300 ranges at 15 sites replay to the bit");
});

test("an unfinished run is verified up to where it is, and that it has not ended is said", async () => {
  assert.is(
    await verified(stopped),
    "verified up to step 6: 90 ranges at 15 sites replay to the bit; the run has not ended",
  );
  const said = JSON.parse(await verified(stopped, "--json"));
  assert.equal([said.steps, said.isFinished], [6, false]);
});

test("the contents of a recording are the same in whatever segments and batches the rows lie", () => {
  // Every second row has been measured, every third has a histogram.
  const rows = rowsOfSteps(0, 20).map((row, i) => ({
    ...row,
    ...(i % 2 === 0 && { measured: { asked: [i] } }),
    ...(i % 3 === 0 && { histogram: histogram({ values: Float32Array.of(i, i + 1, i + 1) }) }),
  }));
  const contents = (parts: readonly number[], rowsPerBatch: number) => {
    const dir = scratch();
    parts.forEach((from, i) => {
      const part = rows.filter(({ step }) => step >= from && step < (parts[i + 1] ?? 20));
      record(dir, part, { firstStep: from, rowsPerBatch });
    });
    return contentsOf(readRecording(dir).batches()).contents;
  };
  const expected = contents([0], 1000);
  assert.equal(contents([0], 7), expected);
  assert.equal(contents([0, 3, 11], 9), expected);
  assert.not.equal(contents([0, 19], 1000).sha256, contentsOf([]).contents.sha256);
});

test("a torso, a lost, doubled, moved or exchanged segment of a finished run is found, by every reader", async () => {
  const [first, second] = ["000000", "000001"];
  const copy = (ranges: string, from: string, to: string): void => {
    for (const kind of ["arrows", "sums"])
      cpSync(join(ranges, `${from}.${kind}`), join(ranges, `${to}.${kind}`));
  };
  const remove = (ranges: string, name: string): void => {
    for (const kind of ["arrows", "sums"]) rmSync(join(ranges, `${name}.${kind}`));
  };
  const torsos: readonly (readonly [string, (ranges: string) => void])[] = [
    [whole, (ranges) => truncateSync(join(ranges, "000000.sums"), 50)],
    [whole, (ranges) => truncateSync(join(ranges, "000000.sums"), 100)],
    [cut, (ranges) => remove(ranges, second)],
    [cut, (ranges) => remove(ranges, first)],
    [cut, (ranges) => copy(ranges, first, "000002")],
    [
      cut,
      (ranges) => {
        copy(ranges, first, "000002");
        remove(ranges, first);
      },
    ],
    [
      whole,
      (ranges) => {
        for (const name of readdirSync(ranges)) rmSync(join(ranges, name));
        cpSync(join(stopped, "ranges"), ranges, { recursive: true });
      },
    ],
  ];
  for (const [i, [run, act]] of torsos.entries()) {
    const dir = changed(run, act);
    assert.match(await verified(dir), /ranges(\/\d+\.\w+)?: .*, expected /, `${i}`);
    assert.throws(
      () => [...recordingOf(dir).rows()],
      (error: unknown) => error instanceof RangeflowFailure,
      `${i}`,
    );
  }
});

test("a finished run whose recording is not whole does not go on as if it were", async () => {
  for (const act of [
    (ranges: string) => rmSync(ranges, { recursive: true }),
    (ranges: string) => rmSync(join(ranges, "000001.arrows")),
    (ranges: string) => truncateSync(join(ranges, "000001.sums"), 120),
  ])
    assert.match(
      await failureOf(eventsOf({}, { out: changed(cut, act), resume: true })),
      /ranges.*, expected .*[.]$/,
    );
});

test("of an unfinished run a hole, and a recording that ends before its checkpoint, are found", async () => {
  const short = changed(cut, (ranges) => {
    for (const kind of ["arrows", "sums"]) rmSync(join(ranges, `000001.${kind}`));
  });
  rmSync(join(short, "done.json"));
  assert.match(
    await verified(short),
    /ranges: 6 steps of every site, expected the 20 steps that the run has saved; part of the recording is missing/,
  );
  const resumed = changed(cut, (ranges) => {
    for (const kind of ["arrows", "sums"]) rmSync(join(ranges, `000000.${kind}`));
  });
  rmSync(join(resumed, "done.json"));
  assert.match(
    await verified(resumed),
    /step 6 of \S+ where step 0 should be, expected every step of every site once/,
  );
});

test("a damaged record of the run refuses its recording", async () => {
  const dir = changed(whole, () => {});
  const path = join(dir, "done.json");
  writeFileSync(path, readFileSync(path, "utf8").replace('"rows": 300', '"rows": 150'));
  assert.match(await verified(dir), /done\.json: contents that do not match their checksum/);
});

test.run();
