import { map, startWith } from "rxjs";
import { endsInOrder } from "../../core/entry.ts";
import { named } from "../../core/named.ts";
import { optionedName } from "../../core/optionText.ts";
import type { Range } from "../../core/range.ts";
import { ends } from "./commonOptions.ts";
import type { RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

/** One range for all tensors, always there before them. */
export const fixed = (range: Range): RangeEstimator =>
  named(optionedName("fixed", ends, { lo: range.lo, hi: range.hi }), (observed$) =>
    observed$.pipe(
      map(() => range),
      startWith(range),
    ),
  );

export const fixedEntry = estimatorEntry({
  name: "fixed",
  summary: "one range for all tensors",
  source: "",
  isStatic: true,
  options: ends,
  clash: endsInOrder("fixed", "lo", "hi"),
  make: fixed,
});
