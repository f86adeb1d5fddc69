/** @file WAGEUBN's grid: equal steps whose size is a power of two near the range, so that rescaling is a shift. */
import { fixed } from "../estimators/fixed.ts";
import { everyRole, quantizerEntry } from "../quantizerEntry.ts";

export const wageubnEntry = quantizerEntry({
  name: "wageubn",
  summary: "equal steps of a power of two near the range, nearest; weights on [-1, 1]; gradients as its E1",
  source: "Yang et al. 2019, arXiv:1909.02384",
  roles: everyRole,
  isInteger: true,
  options: {},
  make: () => (usual, role) => ({
    ...usual,
    scheme: "powerNear",
    rounding: "nearest",
    ...(role === "weight" && {
      estimator: { name: "fixed:lo=-1,hi=1", estimator: fixed({ lo: -1, hi: 1 }) },
    }),
  }),
});
