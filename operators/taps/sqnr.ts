/** @file Signal-to-quantization-noise ratios of a tensor and of a network's sites. */
import { channelsOf, type Expr, staged } from "../../core/expr.ts";
import { sqnrOf } from "../../core/sqnr.ts";
import type { Hook } from "../module/hooks.ts";
import { ofOperand } from "../sites/coded.ts";
import { aroundSite } from "../sites/site.ts";
import type { Tape } from "../step/tape.ts";
import { type Task, waitAll } from "../step/task.ts";
import { savedAside } from "./savedAside.ts";

const total = (sums: Float64Array): number => sums.reduce((sum, x) => sum + x, 0);

/** Sum of squares of a tensor. */
function* power(tape: Pick<Tape, "sums">, x: Expr): Task<number> {
  return total((yield* tape.sums(x, { around: new Float32Array(channelsOf(x)) })).second);
}

/**
 * Signal-to-quantization-noise ratio of a tensor x and its quantized version xq, in dB.
 *
 *     10 log10( sum x^2 / sum (x - xq)^2 )
 *
 * Infinity if nothing was lost (see `sqnrOf`). Takes two more passes, so measure it at some steps only.
 *
 * @param tape of the layer that the site belongs to; it runs the passes
 */
export function* sqnr(tape: Pick<Tape, "sums">, x: Expr, xq: Expr): Task<number> {
  const minus = { _tag: "Affine", scale: Float32Array.of(-1) } as const;
  const noise = staged({ _tag: "Add", other: staged(minus)(xq) })(x);
  const [signal, error] = (yield* waitAll([power(tape, x), power(tape, noise)])) as readonly [number, number];
  return sqnrOf(signal, error);
}

/**
 * Hook that measures the SQNR of each site at some training steps, as the metric `sqnr` of its path, in dB. Sites of weights with a
 * transform are not measured.
 *
 * @param isMeasured whether to measure at a step
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
      const saved = savedAside(x, ctx);
      const quantized = yield* site.quantize(saved, ctx);
      const value = yield* sqnr(ctx, saved, ofOperand(quantized.value, x.shape));
      const samples = x.shape[0] as number;
      ctx.emit({ _tag: "Metric", step, name: "sqnr", site: path, value, samples, training });
      return quantized;
    },
  }));
