import { map, startWith } from "rxjs";
import { endsInOrder } from "../../core/entry.ts";
import { named } from "../../core/named.ts";
import { optionedName } from "../../core/optionText.ts";
import type { Range } from "../../core/range.ts";
import { ends } from "./commonOptions.ts";
import { monotone, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

/**
 * A constant range for all tensors, known before them. As `torch.ao.quantization.FixedQParamsObserver`, which takes
 * scale and zero point instead.
 *
 * @example
 * // The range of the third tensor is there, too, before that comes.
 * from([[-1, 2], [-3, 4]].map((x) => statOf(x))).pipe(fixed({ lo: -1, hi: 1 })); // [{ lo: -1, hi: 1 }, { lo: -1, hi: 1 }, { lo: -1, hi: 1 }]
 */
export const fixed = (range: Range): RangeEstimator =>
  named(
    optionedName("fixed", ends, { lo: range.lo, hi: range.hi }),
    monotone(true, (observed$) =>
      observed$.pipe(
        map(() => range),
        startWith(range),
      ),
    ),
  );

/** `fixed` in the catalogue of estimators. */
export const fixedEntry = estimatorEntry({
  name: "fixed",
  summary: "one range for all tensors",
  source: "",
  isStatic: true,
  options: ends,
  clash: endsInOrder("fixed", "lo", "hi"),
  make: fixed,
});
