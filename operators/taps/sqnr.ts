/** @file Signal-to-quantization-noise ratios, of a tensor and of the sites of a network. */
import { channelsOf, type Expr, staged } from "../../core/expr.ts";
import { sqnrOf } from "../../core/sqnr.ts";
import type { Hook } from "../module/hooks.ts";
import { ofOperand } from "../sites/coded.ts";
import { aroundSite } from "../sites/site.ts";
import type { Tape } from "../step/tape.ts";
import { type Task, waitAll } from "../step/task.ts";

const total = (sums: Float64Array): number => sums.reduce((sum, x) => sum + x, 0);

/** The sum of squares of a tensor. */
function* power(tape: Pick<Tape, "sums">, x: Expr): Task<number> {
  return total((yield* tape.sums(x, { around: new Float32Array(channelsOf(x)) })).second);
}

/**
 * Signal-to-quantization-noise ratio in dB of a tensor and what it was quantized to.
 *
 *     10 log10( sum x^2 / sum (x - xq)^2 )
 *
 * Infinite where nothing was lost (`sqnrOf`). Costs two more passes, so it is measured at some steps only.
 *
 * @param tape of the layer around the site; it makes the passes
 */
export function* sqnr(tape: Pick<Tape, "sums">, x: Expr, xq: Expr): Task<number> {
  const minus = { _tag: "Affine", scale: Float32Array.of(-1) } as const;
  const noise = staged({ _tag: "Add", other: staged(minus)(xq) })(x);
  const [signal, error] = (yield* waitAll([power(tape, x), power(tape, noise)])) as readonly [number, number];
  return sqnrOf(signal, error);
}

/**
 * Measures the ratio of each site, as the metric `sqnr` of its path, at some training steps; weights that a transform bends have none.
 *
 * @example
 * const hooks = [sqnrAt((step) => step % 100 === 0)];
 * scopeFor({ engine: reference(), shape: [28, 28, 1], hooks });
 */
export const sqnrAt = (isMeasured: (step: number) => boolean): Hook =>
  aroundSite.hook((site, { path, quantizer }) => ({
    ...site,
    quantize: function* (x, ctx) {
      const { step, training } = ctx;
      if (!training || quantizer.transform || !isMeasured(step)) return yield* site.quantize(x, ctx);
      const saved = ctx.save(x);
      const quantized = yield* site.quantize(saved, ctx);
      const value = yield* sqnr(ctx, saved, ofOperand(quantized.value, x.shape));
      const samples = x.shape[0] as number;
      ctx.emit({ _tag: "Metric", step, name: "sqnr", site: path, value, samples, training });
      return quantized;
    },
  }));
