/** @file What other estimators would have answered: by bucket the numbers of the answers themselves, and a sentence where one fails. */
import { map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { problem, RangeflowFailure } from "../../../core/errors.ts";
import { histogram } from "../../../core/histogram.ts";
import { remembering } from "../../../core/measure.ts";
import type { RangeSeen } from "../../../core/signal.ts";
import { withCounterfactuals } from "../../../pipelines/report/counterfactuals.ts";
import { foldRows } from "../../../pipelines/report/readRunView.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { answeredBy } from "../../../pipelines/views/answeredBy.ts";
import { openView } from "../../../pipelines/views/openView.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import type { NamedEstimator } from "../../../quantizers/quantizer.ts";
import { record } from "../files/recordedRows.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("report/counterfactuals");

const current: NamedEstimator = { name: "current", estimator: currentMinMax() };
const hindsight: NamedEstimator = { name: "hindsight", estimator: inHindsight({ decay: 0 }) };

/** Rows of a site whose n-th tensor reaches from -ends[n] to ends[n], and whose ranges were [-1, 1] all the time. */
const rowsAt = (site: string, ends: readonly number[]): readonly RangeSeen[] =>
  ends.map((end, step) => ({
    _tag: "RangeSeen",
    ...{ site, step, role: "gradient", estimator: "mine", verdict: end === 0 ? "zero" : "observed" },
    stat: { min: -end, max: end, count: 10, nonFinite: 0, facts: { bits: 8, scheme: "affine" } },
    range: { lo: -1, hi: 1 },
    ...{ isStatic: true, clipped: 0, bytesMoved: 0, bytesSaved: 0 },
  }));

/** The view of recorded rows with at most so many buckets, and the recording. */
const recorded = (rows: readonly RangeSeen[], most = 64) => {
  const dir = scratch();
  record(dir, rows);
  const { rows: read, batches } = recordingOf(dir);
  const open = openView("a run", () => most);
  for (const batch of batches()) foldRows(open.fold, batch);
  return { view: open.view(), read };
};

const byStep = (a: RangeSeen, b: RangeSeen): number => a.step - b.step;

const numbersOf = (view: RunView, estimator: string, site = "a") => {
  const found = view.counterfactuals.find((one) => one.site === site && one.estimator === estimator);
  return found!.columns;
};

test("each answer stands at its step; tensors that no estimator observes have none", async () => {
  const { view, read } = recorded(rowsAt("a", [1, 4, 0, 2]));
  const full = await withCounterfactuals(view, read, [current, hindsight]);
  const now = numbersOf(full, "current");
  assert.equal([...now.hiLeast], [1, 4, Number.NaN, 2]);
  assert.equal([...now.loGreatest], [-1, -4, Number.NaN, -2]);
  assert.equal([...now.statics], [0, 0, 0, 0]);
  const late = numbersOf(full, "hindsight");
  assert.equal([...late.hiLeast], [1, 1, Number.NaN, 4]);
  assert.equal([...late.fitSum], [0, -2, 0, 1]);
  assert.equal([...late.clippedTensors], [0, 1, 0, 0]);
  assert.equal([...late.statics], [0, 1, 0, 1]);
});

test("steps that share a bucket leave the extremes of their answers", async () => {
  const { view, read } = recorded(rowsAt("a", [1, 4, 3, 2]), 2);
  assert.is(view.width, 2);
  const columns = numbersOf(await withCounterfactuals(view, read, [current]), "current");
  assert.equal([...columns.hiLeast], [1, 2]);
  assert.equal([...columns.hiGreatest], [4, 3]);
  assert.equal([...columns.loLeast], [-4, -3]);
  assert.equal([...columns.rows], [2, 2]);
});

test("the table has the run's own ranges beside those of each estimator", async () => {
  const { view, read } = recorded(rowsAt("a", [1, 4, 2]));
  const { replayed } = await withCounterfactuals(view, read, [current]);
  assert.equal(
    replayed?.map(({ estimator, steps, staticShare, clippedSteps }) => ({
      ...{ estimator, steps, staticShare, clippedSteps },
    })),
    [
      { estimator: "run's own", steps: 3, staticShare: 1, clippedSteps: 2 / 3 },
      { estimator: "current", steps: 3, staticShare: 0, clippedSteps: 0 },
    ],
  );
});

test("one that fails at a site is told of there; what it has answered stands, and the others go on", async () => {
  const fragile: NamedEstimator = {
    name: "fragile",
    estimator: map(({ max }) => {
      if (max === 4) throw new Error("boom");
      return { lo: -max, hi: max };
    }),
  };
  const { view, read } = recorded([...rowsAt("a", [1, 4, 2]), ...rowsAt("b", [1, 2, 3])].sort(byStep));
  const full = await withCounterfactuals(view, read, [fragile, current]);
  const failures = full.counterfactuals.map(({ site, estimator, failure }) => [site, estimator, failure]);
  assert.equal(failures, [
    ["a", "fragile", "a, step 1: estimator fragile failed: boom, expected one range for every tensor."],
    ["a", "current", undefined],
    ["b", "fragile", undefined],
    ["b", "current", undefined],
  ]);
  assert.equal([...numbersOf(full, "fragile").hiLeast], [1, Number.NaN, Number.NaN]);
  assert.equal([...numbersOf(full, "fragile", "b").hiLeast], [1, 2, 3]);
  assert.equal([...numbersOf(full, "current").hiLeast], [1, 4, 2]);
});

test("one that asks what was not recorded fails everywhere with a sentence, and has no row", async () => {
  const { view, read } = recorded(rowsAt("a", [1, 4]));
  const asking = { name: "percentile", estimator: percentile() };
  const full = await withCounterfactuals(view, read, [asking]);
  assert.match(full.counterfactuals[0]?.failure ?? "", /record histograms/);
  assert.equal(
    full.replayed?.map(({ estimator }) => estimator),
    ["run's own"],
  );
  assert.equal(answeredBy(full, "percentile").sites, []);
});

test("rows that have come since the view was read are left out", async () => {
  const { view } = recorded(rowsAt("a", [1, 4]));
  const more = rowsAt(
    "a",
    Array.from({ length: 40 }, () => 3),
  ).map((row, i) => (i < 2 ? rowsAt("a", [1, 4])[i]! : row));
  const full = await withCounterfactuals(view, () => more, [current]);
  const columns = numbersOf(full, "current");
  assert.equal([...columns.hiLeast], [1, 4]);
  assert.equal([...columns.rows], [1, 1]);
  assert.equal([...columns.statics], [0, 0]);
  assert.equal([...columns.loLeast], [-1, -4]);
  assert.is(full.replayed?.at(-1)?.steps, 2);
});

test("a recording that breaks off is replayed as far as it goes", async () => {
  const rows = rowsAt("a", [1, 4, 2]);
  const { view } = recorded(rows);
  function* broken(): Generator<RangeSeen> {
    yield* rows.slice(0, 2);
    throw new RangeflowFailure(problem("part 1", "half a batch", "a whole one"));
  }
  const columns = numbersOf(await withCounterfactuals(view, broken, [current]), "current");
  assert.equal([...columns.hiLeast], [1, 4, Number.NaN]);
});

test("where a histogram was recorded, a ratio in dB and the elements that an answer clips", async () => {
  // 8 elements of -1, 0 and 1: with the range [-0.5, 0.5] six of them lie beyond it.
  const sample = histogram({ values: Float32Array.of(-1, -1, -1, 0, 0, 1, 1, 1) });
  const [row] = rowsAt("a", [1]) as [RangeSeen];
  const facts = { bits: 4, scheme: "symmetric" } as const;
  const stat = { ...row.stat, count: 8, facts, measure: remembering({}, sample) };
  const half: NamedEstimator = { name: "half", estimator: map(() => ({ lo: -0.5, hi: 0.5 })) };
  const { view } = recorded([row]);
  const full = await withCounterfactuals(view, () => [{ ...row, stat, histogram: sample }], [half]);
  const columns = numbersOf(full, "half");
  assert.equal([columns.clipped[0], columns.elements[0], columns.clippedWorst[0]], [6, 8, 0.75]);
  // Each of them is off by a half: 10 log10(6 / 1.5).
  assert.ok(Math.abs(columns.sqnrSum[0]! - 10 * Math.log10(4)) < 1e-5, String(columns.sqnrSum[0]));
  assert.is(columns.sqnrs[0], 1);
});

test("where some tensors have a histogram, who asks for them is shown these alone", async () => {
  const sample = histogram({ values: Float32Array.of(-1, -0.5, 0, 0.5, 1) });
  const rows = rowsAt("a", [1, 1, 1]).map((row, i) =>
    i === 1 ? row : { ...row, stat: { ...row.stat, measure: remembering({}, sample) }, histogram: sample },
  );
  const { view } = recorded(rows);
  const asks: NamedEstimator = { name: "asks", estimator: percentile({ low: 0, high: 100 }) };
  const full = await withCounterfactuals(view, () => rows, [asks]);
  assert.equal([...numbersOf(full, "asks").hiLeast], [1, Number.NaN, 1]);
  const row = full.replayed?.find(({ estimator }) => estimator === "asks");
  assert.equal([row?.steps, row?.among], [2, 3]);
  assert.is(full.counterfactuals?.find(({ estimator }) => estimator === "asks")?.failure, undefined);
});

test("a run as answered by another has the ranges of that, and the tensors of its own", async () => {
  const { view, read } = recorded(rowsAt("a", [1, 4]));
  const other = answeredBy(await withCounterfactuals(view, read, [current]), "current").sites[0]!;
  assert.is(other.estimator, "current");
  assert.equal([...other.columns.max], [1, 4]);
  assert.equal([...other.columns.hiGreatest], [1, 4]);
  assert.equal([...other.columns.fitSum], [0, 0]);
});

test.run();
