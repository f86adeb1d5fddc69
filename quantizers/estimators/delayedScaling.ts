import { endsInOrder } from "../../core/entry.ts";
import { named } from "../../core/named.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { absMax, observedRange, type Range, symmetricRange } from "../../core/range.ts";
import { firstOf, firstRange, tensorCount } from "./commonOptions.ts";
import { estimate, monotone, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";
import { inHindsight } from "./inHindsight.ts";

const declared = options({
  length: tensorCount(1024, "number of preceding tensors"),
  reducer: {
    type: "choice",
    choices: ["max", "mostRecent"],
    default: "max",
    help: "largest magnitude of all of them, or that of the most recent",
  },
  margin: {
    type: "integer",
    default: 0,
    least: 0,
    most: 16,
    help: "number of powers of two that the range is widened by",
  },
});

/** Number of tensors seen, and those of the remembered amaxes that are larger than all later ones, the newest last. */
interface Amaxes {
  readonly seen: number;
  readonly peaks: readonly { readonly at: number; readonly amax: number }[];
}

/**
 * Delayed scaling: a symmetric range from the largest magnitudes (amax) of the tensors before this one. Static, as
 * `inHindsight`.
 *
 *     range = +-2^margin * amax,   amax: the largest of the last `length` tensors (`max`), or that of the last one (`mostRecent`)
 *
 * @param length number of tensors to remember; used by `max` only. Default: 1024.
 * @param reducer `max` or `mostRecent`. Default: `max`.
 * @param margin widens the range by 2^margin; an integer from 0 to 16. Default: 0.
 * @param first range of the first tensor. Default: the first tensor is dynamic, and its range is used for the second as
 *   well. (TransformerEngine starts with scale 1, which is a range of -127 to 127 for 8 bits.)
 * @example
 * const stats$ = from([[0, 4], [-1, 2], [0, 1]].map((x) => statOf(x)));
 * stats$.pipe(delayedScaling({ length: 2 })); // [{ lo: -4, hi: 4 }, { lo: -4, hi: 4 }, { lo: -4, hi: 4 }, { lo: -2, hi: 2 }]
 * @see DelayedScaling of NVIDIA's TransformerEngine; docs/methods.md section 8.4
 */
export const delayedScaling = ({
  first,
  ...given
}: Given<typeof declared> & { readonly first?: Range } = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "delayedScaling");
  const { length, reducer, margin } = values;
  const window = reducer === "max" ? length : 1;
  const estimator = inHindsight(
    monotone(
      true,
      estimate<Amaxes>({
        init: { seen: 0, peaks: [] },
        step: ({ seen, peaks }, stat) => {
          const amax = absMax(observedRange(stat));
          const still = peaks.filter((peak) => peak.at > seen - window && peak.amax > amax);
          return { seen: seen + 1, peaks: [...still, { at: seen, amax }] };
        },
        read: ({ peaks: [largest] }) => symmetricRange((largest?.amax ?? 0) * 2 ** margin),
      }),
    ),
    first && { first },
  );
  const name = optionedName("delayedScaling", delayedScalingEntry.options, { ...values, ...first });
  return named(name, estimator);
};

/** `delayedScaling` in the catalogue of estimators. */
export const delayedScalingEntry = estimatorEntry({
  name: "delayedScaling",
  summary: "largest magnitude of the preceding tensors",
  source: "NVIDIA TransformerEngine",
  isStatic: true,
  options: { ...declared, ...firstRange },
  clash: endsInOrder("delayedScaling", "lo", "hi"),
  make: ({ lo, hi, ...given }) => delayedScaling({ ...given, ...firstOf({ lo, hi }) }),
});
