import type { Engine } from "../../core/engine.ts";
import { after, all, type Eventual } from "../../core/eventual.ts";
import { channelsOf, type Expr, staged } from "../../core/expr.ts";
import { present } from "../module/kept.ts";

const total = (sums: Float64Array): number => sums.reduce((sum, x) => sum + x, 0);

/**
 * Signal-to-quantization-noise ratio in dB of a tensor and what it was quantized to.
 *
 *     10 log10( sum x^2 / sum (x - xq)^2 )
 *
 * Infinite where nothing was lost. Costs two more passes, so it is measured at some steps only.
 */
export const sqnr = (engine: Engine, x: Expr, xq: Expr): Eventual<number> => {
  const around = new Float32Array(channelsOf(x));
  const minus = { _tag: "Affine", scale: Float32Array.of(-1) } as const;
  const power = (tensor: Expr): Eventual<number> =>
    after(engine.run(tensor, { channelSums: { around } }), ({ channelSums }) =>
      after(present(channelSums, "channel sums"), ({ second }) => total(second)),
    );
  const noise = staged({ _tag: "Add", other: staged(minus)(xq) })(x);
  return after(all([power(x), power(noise)]), ([signal, error]) =>
    error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((signal as number) / (error as number)),
  );
};
