import * as E from "fp-ts/lib/Either.js";
import { problem } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { joined, type Module, under } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { quantize } from "../sites/quantize.ts";
import { quantized, withGradientSite } from "../sites/quantized.ts";
import { conv2d } from "./conv2d.ts";
import { matmul } from "./matmul.ts";
import { scaled } from "./scaled.ts";
import { softmax } from "./softmax.ts";

/** Options of `multiheadAttention`. */
export interface MultiheadAttentionOptions {
  /** Number of heads; it divides the channels. */
  readonly heads: number;
  /** Whether a position attends only to itself and those before it, in row order. Default: false. */
  readonly causal?: boolean;
  /** Whether its four linear layers have biases. Default: true, as in PyTorch. */
  readonly bias?: boolean;
}

/**
 * Multi-head self-attention over the positions of a sample; the counterpart of `torch.nn.MultiheadAttention(C, heads)` with query, key and
 * value from the same tensor.
 *
 *     x [N, H, W, C] -> y [N, H, W, C],   K = C / heads
 *     y = out(softmax(query(x) key(x)^T / sqrt(K)) value(x))       for each head
 *
 * Everything that is multiplied is quantized: the input once, at `${name}/input`, for all three linear layers; their weights and gradients
 * (`query`, `key`, `value`, `out`); and both operands and the gradient of both matrix products (`scores`, `context`; see `matmul`). So
 * `${name}/context/input` are the probabilities. Softmax runs on the host.
 *
 * @returns a module that refuses to be built unless the heads divide the channels
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.2
 * @example
 * build(multiheadAttention("attention", { heads: 4 }), scopeFor({ engine: reference(), shape: [7, 7, 64] })).shape; // [7, 7, 64]
 */
export const multiheadAttention =
  (name: string, options: MultiheadAttentionOptions): Module =>
  (scope) => {
    const path = joined(scope.path, name);
    const known = { heads: true, causal: true, bias: true } as const;
    const { heads, causal = false, bias = true } = knownOptions(path, options, known);
    const channels = scope.shape[2] as number;
    if (!isPositiveInteger(heads) || channels % heads !== 0)
      return E.left([
        problem(path, `${heads} heads for ${channels} channels`, "a number that divides the channels"),
      ]);
    const linear = { outChannels: channels, kernel: 1, bias, gain: 1 };
    const inward = withGradientSite(conv2d);
    const scores = matmul("scores", inward("query", linear), inward("key", linear), {
      transposeOther: true,
      groups: heads,
    });
    const weighted = sequential(
      scores,
      scaled(1 / Math.sqrt(channels / heads)),
      softmax({ groups: heads, causal }),
    );
    const attention = sequential(
      quantize({ activation: "input" }),
      matmul("context", weighted, inward("value", linear), { groups: heads }),
      quantized(conv2d)("out", linear),
    );
    return under(name, attention)(scope);
  };
