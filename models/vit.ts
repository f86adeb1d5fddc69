import * as E from "fp-ts/lib/Either.js";
import { problem } from "../core/errors.ts";
import { shapeText } from "../core/tensor.ts";
import { conv2d } from "../operators/layers/conv2d.ts";
import { dense } from "../operators/layers/dense.ts";
import { gelu } from "../operators/layers/gelu.ts";
import { layerNorm } from "../operators/layers/layerNorm.ts";
import { multiheadAttention } from "../operators/layers/multiheadAttention.ts";
import { globalAveragePool } from "../operators/layers/pool.ts";
import { positionEmbedding } from "../operators/layers/positionEmbedding.ts";
import { residual } from "../operators/layers/residual.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { quantized } from "../operators/sites/quantized.ts";
import { blocks } from "./blocks.ts";
import type { ModelOptions } from "./model.ts";
import { widened } from "./widened.ts";

/** Side of a patch in pixels, and number of blocks. */
const [patch, depth] = [4, 6] as const;

/** Number of heads: of 16 channels each, or of 8 where 16 do not divide the channels. */
const headsOf = (channels: number): number => channels / (channels % 16 === 0 ? 16 : 8);

/** Attention, and two linear layers with four times the channels in between; each behind a normalization and beside a shortcut. */
const block = (channels: number): Module => {
  const linear = quantized(conv2d);
  return sequential(
    residual(sequential(layerNorm("norm1"), multiheadAttention("attention", { heads: headsOf(channels) }))),
    residual(
      sequential(
        layerNorm("norm2"),
        linear("mlp1", { outChannels: 4 * channels, kernel: 1, bias: true, gain: 1 }),
        gelu({ approximate: "tanh" }),
        linear("mlp2", { outChannels: channels, kernel: 1, bias: true, gain: 1 }),
      ),
    ),
  );
};

/**
 * A small vision transformer: patches of 4x4, six pre-norm blocks of 64 channels with four heads, and the mean of all positions in place of
 * a class token, as in Beyer et al. 2022. 307,914 parameters for 32x32x3 and ten classes. Every product is quantized, also those of
 * attention (`multiheadAttention`); its numbers are Rangeflow's own, not those of a paper.
 *
 *     [N, H, W, C], H and W multiples of 4 -> logits [N, 1, 1, classes]
 *
 * @param options `classes`; `width`, a factor on the channels, rounded to multiples of 8. Default: 1.
 * @see Dosovitskiy et al. 2021, arXiv:2010.11929; Beyer et al. 2022, arXiv:2205.01580
 * @example
 * build(vit({ classes: 10, width: 0.25 }), scopeFor({ engine: reference(), shape: [32, 32, 3] })).shape; // [1, 1, 10]
 */
export const vit =
  ({ classes, width = 1 }: ModelOptions): Module =>
  (scope) => {
    const channels = widened(64, width);
    const [height, wide] = scope.shape as [number, number];
    if (height % patch !== 0 || wide % patch !== 0)
      return E.left([
        problem("vit", `images of ${shapeText(scope.shape)}`, `sides that are multiples of ${patch}`),
      ]);
    return sequential(
      quantized(conv2d)("patches", {
        outChannels: channels,
        kernel: patch,
        stride: patch,
        bias: true,
        gain: 1,
      }),
      positionEmbedding("positions"),
      blocks("encoder", depth, () => block(channels)),
      layerNorm("norm"),
      globalAveragePool(),
      quantized(dense)("dense", { units: classes, gain: 1 }),
    )(scope);
  };
