/** @file The laws of range estimators. A new estimator joins with one line at the end of this file. */
import type { Range } from "../../core/range.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { delayedScaling } from "../../quantizers/estimators/delayedScaling.ts";
import { distributionAdaptive } from "../../quantizers/estimators/distributionAdaptive.ts";
import { dsgc } from "../../quantizers/estimators/dsgc.ts";
import { fixed } from "../../quantizers/estimators/fixed.ts";
import { frozenAfter } from "../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../quantizers/estimators/inPhases.ts";
import { lbt, lbtHindsight } from "../../quantizers/estimators/lbt.ts";
import { meanSquaredError } from "../../quantizers/estimators/meanSquaredError.ts";
import { percentile } from "../../quantizers/estimators/percentile.ts";
import { runningMinMax } from "../../quantizers/estimators/runningMinMax.ts";
import { keepsTheLaws } from "../support/keepsTheLaws.ts";

const always = (): boolean => true;
const never = (): boolean => false;
const from =
  (first: number) =>
  (n: number): boolean =>
    n >= first;

const calibrated: Range = { lo: -1, hi: 1 };

keepsTheLaws("currentMinMax()", currentMinMax(), { isStatic: never });
keepsTheLaws("runningMinMax()", runningMinMax(), { isStatic: never });
keepsTheLaws("fixed", fixed(calibrated), { isStatic: always, followsTensors: false });
keepsTheLaws("inHindsight()", inHindsight(), { isStatic: from(1) });
keepsTheLaws("inHindsight({ decay: 0 })", inHindsight({ decay: 0 }), { isStatic: from(1) });
keepsTheLaws("inHindsight({ decay: 1 })", inHindsight({ decay: 1 }), { isStatic: from(1) });
keepsTheLaws("inHindsight({ first })", inHindsight({ first: calibrated }), {
  isStatic: always,
  followsTensors: false,
});
keepsTheLaws("inHindsight(currentMinMax())", inHindsight(currentMinMax()), { isStatic: from(1) });
keepsTheLaws("frozenAfter(1, running)", frozenAfter(1, runningMinMax()), { isStatic: from(1) });
keepsTheLaws("frozenAfter(3, running)", frozenAfter(3, runningMinMax()), { isStatic: from(3) });
keepsTheLaws("frozenAfter(3, inHindsight)", frozenAfter(3, inHindsight()), { isStatic: from(1) });
keepsTheLaws("inPhases(2, running, inHindsight)", inPhases(2, runningMinMax(), inHindsight()), {
  isStatic: from(2),
});
keepsTheLaws("inPhases(2, inHindsight, running)", inPhases(2, inHindsight(), runningMinMax()), {
  isStatic: (n) => n === 1,
});

keepsTheLaws("percentile()", percentile(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("percentile of the histogram", percentile({ low: 5, high: 95, of: "histogram" }), {
  isStatic: never,
  hasOtherEnds: true,
});
keepsTheLaws("inHindsight(percentile())", inHindsight(percentile()), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("frozenAfter(2, percentile())", frozenAfter(2, percentile()), {
  isStatic: from(2),
  hasOtherEnds: true,
});
keepsTheLaws(
  "inPhases(2, currentMinMax, inHindsight(percentile))",
  inPhases(2, currentMinMax(), inHindsight(percentile())),
  {
    isStatic: from(2),
    hasOtherEnds: true,
  },
);

const every =
  (period: number) =>
  (n: number): boolean =>
    n % period > 0;

keepsTheLaws("meanSquaredError()", meanSquaredError(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("meanSquaredError of the elements", meanSquaredError({ shifts: 2, of: "elements" }), {
  isStatic: never,
  hasOtherEnds: true,
});
keepsTheLaws("delayedScaling()", delayedScaling(), { isStatic: from(1), hasOtherEnds: true });
keepsTheLaws("delayedScaling of the last", delayedScaling({ reducer: "mostRecent" }), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("delayedScaling({ first })", delayedScaling({ length: 3, margin: 1, first: calibrated }), {
  isStatic: always,
  followsTensors: false,
});
keepsTheLaws("heldFor(3, currentMinMax)", heldFor(3, currentMinMax()), { isStatic: every(3) });
keepsTheLaws("heldFor(2, inHindsight)", heldFor(2, inHindsight()), { isStatic: from(1) });
keepsTheLaws("heldFor(2, percentile())", heldFor(2, percentile()), {
  isStatic: every(2),
  hasOtherEnds: true,
});
keepsTheLaws("inHindsight(heldFor(2, running))", inHindsight(heldFor(2, runningMinMax())), {
  isStatic: from(1),
});
keepsTheLaws("dsgc({ period: 1 })", dsgc({ period: 1 }), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("dsgc({ period: 3 })", dsgc({ period: 3 }), { isStatic: every(3), hasOtherEnds: true });
keepsTheLaws("inHindsight(dsgc({ period: 2 }))", inHindsight(dsgc({ period: 2 })), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("lbt()", lbt(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("lbt with large steps", lbt({ share: 0.5, rate: 0.1 }), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("lbtHindsight()", lbtHindsight({ share: 0.5, rate: 0.1 }), {
  isStatic: from(1),
  hasOtherEnds: true,
});
keepsTheLaws("distributionAdaptive()", distributionAdaptive(), { isStatic: never, hasOtherEnds: true });
keepsTheLaws("inHindsight(distributionAdaptive())", inHindsight(distributionAdaptive()), {
  isStatic: from(1),
  hasOtherEnds: true,
});
