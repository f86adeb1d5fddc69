import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { replayStudy } from "../../../pipelines/replay/replayStudy.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { dsgc } from "../../../quantizers/estimators/dsgc.ts";
import { heldFor } from "../../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { named, recorded, withHistogram } from "./recordedRows.ts";

const test = suite("histograms at some steps only");

const current = named("current", currentMinMax());
const hindsight = named("hindsight", inHindsight({ decay: 0 }));
const everywhere = (): boolean => true;

test("where histograms stand at some steps only, who asks for them is shown these alone, and the others all", async () => {
  const five = Array.from({ length: 5 }, (_, i) => ({ min: -1, max: 1 + i }));
  const recordedRows = recorded("a", current, five).map((row, i) => (i % 2 === 0 ? withHistogram(row) : row));
  const asks = named("percentile", percentile());
  const late = named("late", inHindsight(percentile()));
  const [held, behind, all] = await replayStudy(recordedRows, [asks, late, hindsight], everywhere);
  const [alone, behindAlone] = await replayStudy(
    recordedRows.filter(({ histogram }) => histogram !== undefined),
    [asks, late],
    everywhere,
  );
  assert.equal(held, { ...alone, among: 5 });
  assert.equal(behind, { ...behindAlone, among: 5 });
  assert.equal([held?.steps, held?.sqnrSteps, held?.sqnrStaticShare], [3, 3, 0]);
  // In hindsight the first of three waits, also where the range is that of two steps before.
  assert.equal([behind?.staticShare, behind?.sqnrStaticShare], [2 / 3, 2 / 3]);
  assert.equal([all?.steps, all?.among, all?.sqnrSteps, all?.sqnrStaticShare], [5, undefined, 3, 2 / 3]);
});

test("held between histograms, a percentile is replayed over all steps", async () => {
  const four = Array.from({ length: 4 }, () => ({ min: -1, max: 1 }));
  const recordedRows = recorded("a", current, four).map((row, i) => (i % 2 === 0 ? withHistogram(row) : row));
  const [held] = await replayStudy(recordedRows, [named("held", heldFor(2, percentile()))], everywhere);
  assert.equal(
    [held?.steps, held?.among, held?.staticShare, held?.sqnrSteps, held?.sqnrStaticShare],
    [4, undefined, 0.5, 2, 0],
  );
});

test("who asks only where there is a histogram is shown all, and who has none at all is left out", async () => {
  const five = Array.from({ length: 5 }, () => ({ min: -1, max: 1 }));
  const recordedRows = recorded("a", current, five).map((row, i) => (i % 2 === 0 ? withHistogram(row) : row));
  const everySecond = named("dsgc", dsgc({ period: 2 }));
  const everyThird = named("dsgc3", dsgc({ period: 3 }));
  const found = await replayStudy(recordedRows, [everySecond, everyThird], everywhere);
  assert.equal(
    found.map(({ steps, among, sqnrSteps, staticShare, sqnrStaticShare }) => [
      ...[steps, among, sqnrSteps],
      ...[staticShare, sqnrStaticShare],
    ]),
    // The second searches at the first of three tensors, and the first at every tensor with a histogram.
    [
      [5, undefined, 3, 2 / 5, 0],
      [3, 5, 3, 2 / 3, 2 / 3],
    ],
  );
  const missing: string[] = [];
  const none = await replayStudy([...recordedRows, ...recorded("b", current)], [everyThird], everywhere, {
    unanswered: ({ site, needs }) => missing.push(`${site}: ${needs}`),
  });
  assert.equal([none.map(({ site }) => site), missing], [["a"], ["b: a histogram of each tensor"]]);
});

test("rows that can be read only once show all to everybody", async () => {
  const recordedRows = recorded("a", current).map((row, i) => (i === 0 ? withHistogram(row) : row));
  const once = function* (): Generator<RangeSeen> {
    yield* recordedRows;
  };
  const asks = named("percentile", percentile());
  const missing: string[] = [];
  const unanswered = ({ site, needs }: { site: string; needs: string }) => missing.push(`${site}: ${needs}`);
  assert.equal(await replayStudy(once(), [asks], everywhere, { unanswered }), []);
  assert.equal(missing, ["a: a histogram of each tensor"]);
  assert.is((await replayStudy(once(), [current], everywhere))[0]?.steps, 3);
});

test.run();
