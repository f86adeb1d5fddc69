import { named } from "../../core/named.ts";
import { NotRecorded } from "../../core/notRecorded.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { type RangeStat, symmetricRange } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import { square } from "../../core/square.ts";
import { estimate, measureOf, measures, type RangeEstimator } from "./estimator.ts";
import { estimatorEntry } from "./estimatorEntry.ts";

const declared = options({
  normal: {
    type: "number",
    default: 0.3,
    least: 0,
    most: 1,
    help: "share of elements beyond one standard deviation above which a channel counts as normal",
  },
  rate: { type: "number", default: 0.8, least: 0, most: 1, help: "weight of the current tensor" },
});

/** Statistics of a channel that determine how far it is clipped. */
export interface ChannelStat {
  /** Largest magnitude in the channel. */
  readonly largest: number;
  /**
   * Fraction of its elements farther from 0 than one standard deviation: 0.317 for a normal distribution, less for a
   * sharp peak with long tails.
   */
  readonly beyond: number;
}

/**
 * Statistics of each channel (the last side of the tensor): `largest` and `beyond` in turn.
 *
 * @throws for a histogram, which does not know the channels of its elements
 */
export const channelStats = ({ values, shape }: Sample): readonly number[] => {
  const channels = shape?.at(-1);
  if (channels === undefined)
    throw new NotRecorded(
      "each tensor by channel",
      "the channels of the tensor were not recorded, and a histogram does not know them",
    );
  const size = values.length / channels;
  return Array.from({ length: channels }, (_, c) => {
    let [sum, squares, largest] = [0, 0, 0];
    for (let i = c; i < values.length; i += channels) {
      const x = values[i] as number;
      sum += x;
      squares += x * x;
      largest = Math.max(largest, Math.abs(x));
    }
    const deviation = Math.sqrt(Math.max(squares / size - square(sum / size), 0));
    let beyond = 0;
    for (let i = c; i < values.length; i += channels)
      if (deviation > 0 && Math.abs(values[i] as number) > deviation) beyond++;
    return [largest, beyond / size];
  }).flat();
};

/**
 * The bound of a channel after one more tensor: its largest magnitude if its elements look normally distributed,
 * otherwise a moving average of largest magnitudes.
 */
export const adaptedBound = (
  past: number | undefined,
  { largest, beyond }: ChannelStat,
  { normal, rate }: { readonly normal: number; readonly rate: number },
): number => {
  if (largest === 0) return past ?? 0;
  return past === undefined || beyond > normal ? largest : (1 - rate) * past + rate * largest;
};

const statsIn = (stat: RangeStat): readonly ChannelStat[] => {
  const flat = measureOf(stat)(
    "largest magnitude and share beyond one deviation of each channel",
    channelStats,
  );
  return Array.from({ length: flat.length / 2 }, (_, c) => ({
    largest: flat[2 * c] as number,
    beyond: flat[2 * c + 1] as number,
  }));
};

/**
 * A symmetric range per channel that depends on the distribution of its elements: a channel that looks normal is not
 * clipped, one with a sharp peak and long tails is.
 *
 *     fraction beyond one standard deviation > normal:  bound <- max |g|
 *     else                                              bound <- (1 - rate) * bound + rate * max |g|
 *
 * The quantizer `perChannel` uses the bound of each channel, any other the largest. The estimator is dynamic;
 * `inHindsight(distributionAdaptive())` is our static variant.
 *
 * @param normal fraction from which on a channel counts as normal; a normal distribution has 0.317. Default: 0.3.
 * @param rate weight of this tensor in the moving average, in [0, 1]. Default: 0.8.
 * @example
 * // Two channels: [1, 1, -1, -1] and [8, 0, 0, 0].
 * const values = Float32Array.of(1, 8, 1, 0, -1, 0, -1, 0);
 * of(statOf({ values, shape: [1, 2, 2, 2] })).pipe(distributionAdaptive()); // [{ lo: -8, hi: 8, channels: [1, 8] }]
 * @see arXiv:2102.04782. The first bound, each channel's largest magnitude, is our choice.
 */
export const distributionAdaptive = (given: Given<typeof declared> = {}): RangeEstimator => {
  const values = withDefaults(declared, given, "distributionAdaptive");
  const { normal, rate } = values;
  const estimator = measures(
    "waiting",
    estimate<readonly number[]>({
      init: [],
      step: (bounds, stat) =>
        statsIn(stat).map((channel, c) => adaptedBound(bounds[c], channel, { normal, rate })),
      read: (channels) => ({ ...symmetricRange(Math.max(0, ...channels)), channels }),
    }),
  );
  return named(optionedName("distributionAdaptive", declared, values), estimator);
};

/** `distributionAdaptive` in the catalogue of estimators. */
export const distributionAdaptiveEntry = estimatorEntry({
  name: "distributionAdaptive",
  summary:
    "range per channel, from its distribution; use with quantizer perChannel; the first bound is Rangeflow's choice",
  source: "arXiv:2102.04782",
  isStatic: false,
  options: declared,
  make: distributionAdaptive,
});
