/** @file First ranges that come with weights: sites begin with them, and a run remembers them. */
import { join } from "node:path";
import { from, Subject, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { statOf } from "../../../core/statOf.ts";
import { tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { verifyReplay } from "../../../pipelines/replay/replayStudy.ts";
import { verifyRun } from "../../../pipelines/replay/verifyRun.ts";
import { loadRun, saveRun } from "../../../pipelines/runs/runDirectory.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { firstRangeIn, firstRangesOf } from "../../../pipelines/weights/firstRanges.ts";
import type { WeightMatch } from "../../../pipelines/weights/weightMatch.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { meanSquaredError } from "../../../quantizers/estimators/meanSquaredError.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { startingFrom } from "../../../quantizers/estimators/startingFrom.ts";
import { quantizerFor } from "../../../quantizers/quantizer.ts";
import { batch, built, opened, seenOf, testScope } from "../../support/testScope.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

const test = suite("first ranges");

const first = { lo: -8, hi: 8 };
const stats = [
  [-1, 1],
  [-3, 2],
  [-2, 5],
].map((x) => statOf(x));

const answersOf = (estimator: RangeEstimator) => {
  const ranges: { lo: number; hi: number }[] = [];
  from(stats)
    .pipe(estimator, toArray())
    .subscribe((all) => ranges.push(...all));
  return ranges.map(({ lo, hi }) => [lo, hi]);
};

test("the first range is another one, and all later ones are the estimator's own", () => {
  assert.equal(answersOf(startingFrom(first, currentMinMax())), [
    [-8, 8],
    [-3, 2],
    [-2, 5],
  ]);
  for (const estimator of [
    inHindsight(currentMinMax()),
    fixed({ lo: -1, hi: 1 }),
    inHindsight({ decay: 0.5, first: { lo: -1, hi: 1 } }),
  ]) {
    const own = answersOf(estimator);
    assert.equal(answersOf(startingFrom(first, estimator)), [[-8, 8], ...own.slice(1)]);
  }
});

test("an average begins with it", () => {
  assert.equal(answersOf(startingFrom(first, inHindsight({ decay: 0.5 }))), [
    [-8, 8],
    [-4.5, 4.5],
    [-3.75, 3.25],
    [-2.875, 4.125],
  ]);
  assert.equal(
    answersOf(startingFrom(first, inHindsight({ decay: 0.5 }))),
    answersOf(inHindsight({ decay: 0.5, first })),
  );
  // The first tensor has its part in the average, though its own range was there before it.
  assert.equal(answersOf(startingFrom(first, runningMinMax({ decay: 0.5 }))), [
    [-8, 8],
    [-3.75, 3.25],
    [-2.875, 4.125],
  ]);
  for (const estimator of [inHindsight(), runningMinMax()]) {
    assert.is(startingFrom(first, estimator).name, estimator.name);
    assert.is(estimator.isMonotone, true);
  }
});

test("it is there before the first tensor", () => {
  const stats$ = new Subject<(typeof stats)[number]>();
  const seen: number[] = [];
  startingFrom(first, currentMinMax())(stats$).subscribe(({ hi }) => seen.push(hi));
  assert.equal(seen, [8]);
});

/** Rows of three training steps and what evaluation would take before them. */
const rowsOf = (estimator: RangeEstimator) => {
  const scope = testScope({
    shape: [1, 1, 2],
    quantizer: (_site, role) => quantizerFor(role, 8, { name: "mine", estimator }),
    firstRange: firstRangeIn({ "conv1/input": first, "conv1/weight": { lo: -4, hi: 4 } }),
  });
  const run = opened(built(quantized(conv2d)("conv1", { outChannels: 1, kernel: 1 }), scope).layer);
  return stats.flatMap(({ min, max }, step) =>
    seenOf(run(batch(tensor(Float32Array.of(min, max), [1, 1, 1, 2]), { step }))),
  );
};

test("a site begins statically with its first range, also where its estimator measures tensors", () => {
  for (const estimator of [currentMinMax(), inHindsight(), meanSquaredError()]) {
    const rows = rowsOf(estimator).filter(({ site }) => site === "conv1/input");
    assert.equal([rows[0]?.range.lo, rows[0]?.range.hi, rows[0]?.isStatic], [-8, 8, true]);
    assert.is(rows.length, 3);
    assert.not.equal(rows[1]?.range, rows[0]?.range);
  }
  const weights = rowsOf(currentMinMax()).filter(({ site }) => site === "conv1/weight");
  assert.equal(
    weights.map(({ range, isStatic }) => [range.hi === 4, isStatic]),
    [
      [true, true],
      [false, false],
      [false, false],
    ],
  );
});

test("replay verifies such rows with the first ranges alone", async () => {
  const rows = rowsOf(inHindsight());
  const named = async () => ({ name: "mine", estimator: inHindsight() });
  const ranges = { "conv1/input": first, "conv1/weight": { lo: -4, hi: 4 } };
  assert.equal(await verifyReplay(rows, named, undefined, ranges), { sites: 2, ranges: 6, unasked: 0 });
  let failure = "";
  await verifyReplay(rows, named).catch((error: Error) => {
    failure = error.message;
  });
  assert.match(failure, /conv1\/(input|weight), step 0/);
});

test("ranges of layers are those of sites, by output channel where a file has them so", () => {
  const place = {
    path: "conv1/weight",
    kind: "weight",
    shape: [2, 1, 1, 1],
    theirShapes: [],
    order: [],
  } as const;
  const match = {
    pairs: [{ place, name: "features.0.weight" }],
    grids: new Map([
      [
        "features.0.weight",
        {
          input: { scale: [1], zeroPoint: [0], qmin: first.lo, qmax: first.hi },
          weight: { scale: [1, 0.5], zeroPoint: [-3, 2], qmin: -4, qmax: 3 },
        },
      ],
    ]),
  } as unknown as WeightMatch;
  const found = firstRangeIn(firstRangesOf(match));
  assert.equal(found("conv1/input"), first);
  assert.equal(found("conv1/weight"), { lo: -3, hi: 6 });
  assert.equal(found("conv1/weight/0"), { lo: -1, hi: 6 });
  assert.equal(found("conv1/weight/1"), { lo: -3, hi: 0.5 });
  assert.equal(firstRangeIn({ "conv1/weight": first })("conv1/weight/7"), first);
  assert.is(found("conv2/input"), undefined);
});

test("a run keeps them where it keeps what it is: it goes on with them, is cut, and is verified", async () => {
  const dir = join(scratch(), "run");
  await eventsOf(small, { out: dir, stopped: () => true });
  const saved = loadRun(dir);
  saveRun(dir, { ...saved, identity: { ...saved.identity, firstRanges: { "conv1/input": first } } });
  let steps = 0;
  await eventsOf({}, { out: dir, resume: true, stopped: () => ++steps > 5 });
  await eventsOf({}, { out: dir, resume: true });
  const row = [...recordingOf(dir).rows()].find(({ site }) => site === "conv1/input");
  assert.equal([row?.step, row?.range.lo, row?.range.hi, row?.isStatic], [0, -8, 8, true]);
  assert.is((await verifyRun(builtIn(), dir)).sites, 15);
});

test.run();
