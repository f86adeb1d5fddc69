import { delay, EMPTY, ignoreElements, map } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RangeSeen } from "../../../core/signal.ts";
import { patienceOf } from "../../../operators/module/patience.ts";
import { byRole } from "../../../pipelines/replay/byRole.ts";
import { histogramFit } from "../../../pipelines/replay/histogramFit.ts";
import { replayStudy, verifyReplay } from "../../../pipelines/replay/replayStudy.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { distributionAdaptive } from "../../../quantizers/estimators/distributionAdaptive.ts";
import { dsgc } from "../../../quantizers/estimators/dsgc.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { lbt } from "../../../quantizers/estimators/lbt.ts";
import { meanSquaredError } from "../../../quantizers/estimators/meanSquaredError.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import type { NamedEstimator } from "../../../quantizers/quantizer.ts";
import { failureOf } from "../../support/failureOf.ts";
import { named, recorded, tensors, withHistogram } from "./recordedRows.ts";

const test = suite("replayStudy");

const current = named("current", currentMinMax());
const hindsight = named("hindsight", inHindsight({ decay: 0 }));
const everywhere = (): boolean => true;

const rows = [...recorded("a", hindsight), ...recorded("b", current)];
const known = async (name: string): Promise<NamedEstimator> => (name === "current" ? current : hindsight);

test("without estimators the table is that of the ranges that the run has used", async () => {
  const [a, b] = await replayStudy(rows, [], everywhere);
  // The second tensor [-2, 2] met [-1, 2], which has 3/4 of it; the third [-1, 1] met [-2, 2], of which it has 1/2.
  assert.equal(a, {
    ...{ site: "a", role: "activation", estimator: "hindsight", steps: 3 },
    ...{ staticShare: 2 / 3, clippedSteps: 1 / 3, meanError: (0 + 1 / 4 + 1 / 2) / 3, p95Error: 1 / 2 },
  });
  assert.equal(b, {
    ...{ site: "b", role: "activation", estimator: "current", steps: 3 },
    ...{ staticShare: 0, clippedSteps: 0, meanError: 0, p95Error: 0 },
  });
});

test("an estimator that writes to what it is given changes nothing of what others are given", async () => {
  const writing: RangeEstimator = (stats$) =>
    stats$.pipe(
      map((stat) => {
        Object.assign(stat, { max: 100, count: 0 });
        Object.assign((stat as { facts: object }).facts, { bits: 2 });
        return { lo: stat.min, hi: stat.max };
      }),
    );
  const study = replayStudy(rows, [named("writing", writing), current], everywhere);
  assert.match(await failureOf(study), /writing.*read only property 'bits'/);
});

test("another estimator gets the same statistics: what it would have answered, site by site", async () => {
  const study = await replayStudy(rows, [current, hindsight], everywhere);
  assert.equal(
    study.map(({ site, estimator, meanError, staticShare }) => [site, estimator, meanError, staticShare]),
    [
      ["a", "current", 0, 0],
      ["a", "hindsight", 1 / 4, 2 / 3],
      ["b", "current", 0, 0],
      ["b", "hindsight", 1 / 4, 2 / 3],
    ],
  );
});

test("a long recording is seen whole and in order, whatever is gathered at a time", async () => {
  // Half of the tensors are wider than the one before them.
  const many = Array.from({ length: 20_000 }, (_, i) => ({ min: -1 - (i % 2), max: 1 + (i % 2) }));
  const [a, b] = [recorded("a", current, many), recorded("b", current, many.slice(0, 10_000))];
  const mixed = a.flatMap((row, i) => [row, ...b.slice(i, i + 1)]);
  const study = await replayStudy(mixed, [hindsight, current], everywhere);
  assert.equal(
    study.map(({ site, steps, staticShare, clippedSteps }) => [site, steps, staticShare, clippedSteps]),
    [
      ["a", 20_000, 1 - 1 / 20_000, 0.5],
      ["a", 20_000, 0, 0],
      ["b", 10_000, 1 - 1 / 10_000, 0.5],
      ["b", 10_000, 0, 0],
    ],
  );
});

test("by role, sites count the same; the p95 error is the greatest of any", async () => {
  const [together, other] = byRole(await replayStudy(rows, [current, hindsight], everywhere));
  assert.equal(together, {
    ...{ role: "activation", estimator: "current", sites: 2, steps: 6, staticShare: 0 },
    ...{ clippedSteps: 0, meanError: 0, p95Error: 0 },
  });
  assert.equal(other, {
    ...{ role: "activation", estimator: "hindsight", sites: 2, steps: 6, staticShare: 2 / 3 },
    ...{ clippedSteps: 1 / 3, meanError: 1 / 4, p95Error: 1 / 2 },
  });
});

test("where histograms were recorded, the mean over their steps of what ranges would have made of them", async () => {
  const [first, second, third] = recorded("a", hindsight) as [RangeSeen, RangeSeen, RangeSeen];
  const mixed = [withHistogram(first), second, withHistogram(third)];
  const [a] = await replayStudy(mixed, [], everywhere);
  const fits = [0, 2].map((i) => {
    const judge = histogramFit(mixed[i]!);
    if (judge === undefined || "unfit" in judge) throw new Error("a histogram of a uniform grid is judged");
    return judge.fit(mixed[i]!.range);
  });
  assert.is(a?.sqnr, (fits[0]!.sqnr + fits[1]!.sqnr) / 2);
  assert.is(a?.clippedShare, (fits[0]!.clipped + fits[1]!.clipped) / 2);
  assert.is((await replayStudy([second], [], everywhere))[0]?.sqnr, undefined);
});

test("estimators that measure replay over histograms, and without them the sentence says what to do", async () => {
  const row = withHistogram((recorded("a", current) as [RangeSeen])[0]);
  for (const [name, estimator] of [
    ["percentile", percentile()],
    ["meanSquaredError", meanSquaredError()],
    ["dsgc", dsgc()],
    ["lbt", lbt()],
    ["inHindsight(percentile)", inHindsight(percentile())],
  ] as const) {
    const [found] = await replayStudy([row], [named(name, estimator)], everywhere);
    assert.ok((found?.sqnr ?? 0) > 5, `${name}: ${found?.sqnr} dB`);
    assert.match(
      await failureOf(replayStudy(rows, [named(name, estimator)], everywhere)),
      new RegExp(
        `^a, step 0: estimator ${name.replace(/[()]/g, "\\$&")} failed: the tensor was not asked for ".+" when it was recorded; record histograms`,
      ),
    );
  }
});

test("what knows channels is not answered by a histogram", async () => {
  const row = withHistogram((recorded("a", current) as [RangeSeen])[0]);
  assert.match(
    await failureOf(replayStudy([row], [named("adaptive", distributionAdaptive())], everywhere)),
    /^a, step 0: estimator adaptive failed: the channels of the tensor were not recorded/,
  );
});

test("sites can be chosen", async () => {
  const study = await replayStudy(rows, [current], (site) => site === "b");
  assert.equal(
    study.map(({ site }) => site),
    ["b"],
  );
});

test("an estimator that answers late is waited for, and counts as dynamic", async () => {
  const late = named("late", (observed$) => observed$.pipe(delay(1), currentMinMax()));
  const [a] = await replayStudy(rows, [late], everywhere);
  assert.is(a?.meanError, 0);
  assert.is(a?.staticShare, 0);
  assert.equal(await verifyReplay(recorded("b", current), async () => late), {
    sites: 1,
    ranges: 3,
    unasked: 0,
  });
});

test("an estimator that fails, stops, answers nothing or no range is named with site and step", async () => {
  const wrong: readonly (readonly [RangeEstimator, RegExp])[] = [
    [
      () => EMPTY,
      /^a, step 0: estimator mine completed after 0 ranges, expected one range for every tensor\.$/,
    ],
    [
      map(({ min, max }, i) => ({ lo: i < 2 ? min : Number.NaN, hi: max })),
      /^a, step 2: estimator mine gave the range \[NaN, 1\], expected finite numbers with lo <= hi, of magnitudes up to 8\.5e\+37\.$/,
    ],
    [map(({ min, max }) => ({ lo: max, hi: min })), /^a, step 0: estimator mine gave the range \[2, -1\], /],
    [
      map((_, i) => {
        if (i === 1) throw new Error("boom");
        return { lo: 0, hi: 1 };
      }),
      /^a, step 1: estimator mine failed: boom, expected one range for every tensor\.$/,
    ],
    [ignoreElements(), /^a, step 0: estimator mine gave no answer: none within 0\.02 s, /],
  ];
  for (const [estimator, sentence] of wrong) {
    const mine = named("mine", estimator);
    assert.match(
      await failureOf(replayStudy(rows, [mine], everywhere, { patience: patienceOf(0.02) })),
      sentence,
    );
    assert.match(await failureOf(verifyReplay(rows, async () => mine, patienceOf(0.02))), /^a, step \d: /);
  }
});

test("the run's own estimators replay to the bit", async () =>
  assert.equal(await verifyReplay(rows, known), { sites: 2, ranges: 6, unasked: 0 }));

test("a range that differs in its last bit is found, and its place is named", async () => {
  const [first, second, ...rest] = rows as [RangeSeen, RangeSeen, ...RangeSeen[]];
  const changed = [first, { ...second, range: { lo: -1, hi: 2 + 2 ** -51 } }, ...rest];
  assert.is(
    await failureOf(verifyReplay(changed, known)),
    `a, step 1: estimator hindsight replays to [-1, 2] before its tensor, expected [-1, ${2 + 2 ** -51}] before its tensor, as recorded; the estimator is not the one that the run was recorded with, or it is not deterministic.`,
  );
});

test("an estimator that answers the same ranges, but not as early, is another one", async () => {
  const same = tensors.map(() => ({ min: -1, max: 2 }));
  assert.match(
    await failureOf(verifyReplay(recorded("b", current, same), async () => hindsight)),
    /^b, step 1: estimator current replays to \[-1, 2\] before its tensor, expected \[-1, 2\] after its tensor, as recorded; /,
  );
});

test("tensors that the estimator never saw are left out, unless a range was there for them", async () => {
  const [zero] = recorded("c", current) as [RangeSeen, ...RangeSeen[]];
  const unseen: RangeSeen = { ...zero, verdict: "zero", stat: { min: 0, max: 0, count: 8, nonFinite: 0 } };
  assert.equal(await verifyReplay([unseen, ...recorded("c", current)], known), {
    sites: 1,
    ranges: 3,
    unasked: 0,
  });
  assert.is((await replayStudy([unseen, ...recorded("c", current)], [current], everywhere))[0]?.steps, 3);
});

test.run();
