import { named } from "../../core/named.ts";
import { NotRecorded } from "../../core/notRecorded.ts";
import { type Given, options, withDefaults } from "../../core/options.ts";
import { optionedName } from "../../core/optionText.ts";
import { type RangeStat, symmetricRange } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
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

/** Statistic that decides how far a channel is clipped. */
export interface ChannelStat {
  /** Largest magnitude of the channel. */
  readonly largest: number;
  /** Share of its elements that are further from 0 than one standard deviation: 0.317 for normal ones, less for a sharp peak with long tails. */
  readonly beyond: number;
}

/**
 * The statistics of each channel, the last side of the tensor: `largest` and `beyond` in turn.
 *
 * @throws for a histogram, which has forgotten where its elements stood
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
    const deviation = Math.sqrt(Math.max(squares / size - (sum / size) ** 2, 0));
    let beyond = 0;
    for (let i = c; i < values.length; i += channels)
      if (deviation > 0 && Math.abs(values[i] as number) > deviation) beyond++;
    return [largest, beyond / size];
  }).flat();
};

/** The bound of a channel after one more tensor: all of it where its elements look normal, else an average of what was largest. */
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
 * A range for each channel, which depends on how its elements are distributed: normal ones keep all of them, a sharp peak with
 * long tails is clipped.
 *
 *     share beyond one standard deviation > normal:  bound <- max |g|
 *     else                                           bound <- (1 - rate) * bound + rate * max |g|
 *
 * The quantizer `perChannel` uses all of the bounds; any other one the largest. `inHindsight(distributionAdaptive())` is our
 * static variant.
 *
 * @param normal 0.3 if missing; normal elements have 0.317
 * @param rate weight of this tensor; 0.8 if missing
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
