/** @file Gradient of a learned range from quantization errors, where each channel's error is divided by its variance. */
import { channelsOf, countOf, type Expr, staged } from "../../core/expr.ts";
import { mean } from "../../core/mean.ts";
import type { Context } from "../step/context.ts";
import type { Task } from "../step/task.ts";

/**
 * Lower limit of the variance that errors are divided by, as a fraction of the mean variance: no nearly constant channel may
 * dominate.
 */
const leastShare = 0.01;

/** Weight of the squared error of each channel, 1 / variance; 0 if no channel varies, or if squares exceed float32. */
const weightsOf = (variances: Float64Array): Float64Array => {
  const average = mean(variances);
  const isKnown = average > 0 && Number.isFinite(average);
  return variances.map((one) => (isKnown ? 1 / Math.max(one, leastShare * average) : 0));
};

/** A tensor before and after quantization. */
export interface Rounded {
  readonly x: Expr;
  readonly xq: Expr;
  /** Derivative of xq with respect to the parameter, times the parameter: xq - x inside the range, and xq outside. */
  readonly slope: Expr;
}

/**
 * Gradient of the quantization error with respect to a parameter p, times p.
 *
 *     error = mean over channels c of   mean (xq - x)^2 over c / max(var_c, 0.01 mean var)
 *
 * Takes three passes over x: means, variances, errors. The result is 0 if squares of the tensor exceed float32.
 */
export function* channelErrorSlope({ x, xq, slope }: Rounded, ctx: Context): Task<number> {
  const channels = channelsOf(x);
  const count = countOf(x) / channels;
  const none = new Float32Array(channels);
  const { first } = yield* ctx.sums(x, { of: x, around: none });
  const around = Float32Array.from(first, (sum) => sum / count);
  const { second: squares } = yield* ctx.sums(x, { around });
  const minus = { _tag: "Affine", scale: Float32Array.of(-1) } as const;
  const error = staged({ _tag: "Add", other: staged(minus)(x) })(xq);
  const { second } = yield* ctx.sums(error, { of: slope, around: none });
  const weights = weightsOf(squares.map((sum) => sum / count));
  const total = second.reduce((sum, one, c) => sum + one * (weights[c] as number), 0);
  return Number.isFinite(total) ? (2 * total) / (count * channels) : 0;
}
