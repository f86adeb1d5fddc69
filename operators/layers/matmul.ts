import { problem, type RangeflowError } from "../../core/errors.ts";
import type { Expr } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { type MatMul, mostTermsIn32Bits, type Operand } from "../../core/product.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";
import { joined, type Module } from "../module/module.ts";
import { sequential } from "../module/sequential.ts";
import { quantize } from "../sites/quantize.ts";
import { branches, type Join } from "../step/fork.ts";
import { multiplyIn } from "./multiply.ts";

/** Options of `matmul`. */
export interface MatmulOptions {
  /** Whether `other` is transposed. Default: false. */
  readonly transposeOther?: boolean;
  /** Number of groups of channels that are multiplied separately, e.g. of heads; it divides the channels of both. Default: 1. */
  readonly groups?: number;
}

/** Operands in memory, and their shapes. */
interface Saved {
  readonly a: Operand;
  readonly b: Operand;
  readonly shapes: readonly [a: Shape, b: Shape];
}

const channelsOf = (shape: Shape): number => shape[2] as number;

const positionsOf = ([height, width]: Shape): number => (height as number) * (width as number);

/** What is wrong with the operands. */
const misfit = (
  path: string,
  a: Shape,
  b: Shape,
  groups: number,
  transposeOther: boolean,
): RangeflowError | undefined => {
  const found = `an input of ${shapeText(a)} and another of ${shapeText(b)}`;
  if (!isPositiveInteger(groups) || channelsOf(a) % groups !== 0 || channelsOf(b) % groups !== 0)
    return problem(path, `${groups} groups for ${found}`, "a number that divides the channels of both");
  const terms = channelsOf(a) / groups;
  const [inner, what] = transposeOther
    ? [channelsOf(b) / groups, "channels per group"]
    : [positionsOf(b), "channels per group of the input as positions of the other"];
  if (terms !== inner)
    return problem(path, `${found} in ${groups} groups`, `as many ${what}: ${terms}, not ${inner}`);
  // Terms of the product, and of the gradient of its input.
  const longest = Math.max(terms, positionsOf(b), channelsOf(b) / groups);
  if (longest > mostTermsIn32Bits)
    return problem(
      path,
      `sums of ${longest} products`,
      `at most ${mostTermsIn32Bits}, so that 32-bit sums of 8-bit integers are exact`,
    );
  return undefined;
};

/**
 * Matrix product of two modules' outputs, sample by sample; `torch.matmul` of activations, as attention needs it. Positions are rows, and each
 * group of channels is a matrix of its own, so that heads need no permutation.
 *
 *     input [N, H, W, G K], other [N, H', W', G C], K = H' W'                      -> y [N, H, W, G C]
 *     input [N, H, W, G K], other [N, H', W', G K], `transposeOther`, S = H' W'    -> y [N, H, W, G S]
 *     y[n, p, g, c] = sum over k of input[n, p, g, k] * other[n, k, g, c]          (or * other[n, c, g, k])
 *
 * Both operands are activations: they are quantized at the sites `${name}/input` and `${name}/other`, and the gradient of the product at
 * `${name}/gradient`; all three products are then products of integers. A site whose quantizer has 32 bits stays float32.
 *
 * @param input module that makes the first operand from the activation
 * @param other module that makes the second operand from the same activation
 * @returns a module that refuses to be built if the shapes do not fit, or if integer sums could exceed 32 bits
 * @example
 * const [query, key] = [quantized(conv2d)("query", { outChannels: 8, kernel: 1 }), quantized(conv2d)("key", { outChannels: 8, kernel: 1 })];
 * const scores = matmul("scores", query, key, { transposeOther: true, groups: 2 });
 * build(scores, scopeFor({ engine: reference(), shape: [7, 7, 8] })).shape; // [7, 7, 98]
 */
export const matmul = (name: string, input: Module, other: Module, options: MatmulOptions = {}): Module => {
  const join = ([a, b]: readonly Shape[], scope: Parameters<Module>[0]): Join<Saved> | RangeflowError => {
    const path = joined(scope.path, name);
    const { transposeOther = false, groups = 1 } = knownOptions(path, options, {
      transposeOther: true,
      groups: true,
    });
    const wrong = misfit(path, a as Shape, b as Shape, groups, transposeOther);
    if (wrong) return wrong;
    const [height, width] = a as Shape;
    const channels = transposeOther ? groups * positionsOf(b as Shape) : channelsOf(b as Shape);
    const multiply = multiplyIn({ ...scope, path });
    const product =
      (transposed: MatMul["transposed"], shape: Shape, isBackward = true) =>
      (a: Operand, b: Operand): MatMul => ({ _tag: "MatMul", transposed, groups, shape, a, b, isBackward });
    return {
      shape: [height as number, width as number, channels],
      kind: "matmul",
      options: { name, transposeOther, groups },
      readsOthers: true,
      forward: function* (ends, ctx) {
        const [first, second] = ends as [Expr, Expr];
        const a = yield* ctx.operand(first);
        const b = yield* ctx.operand(second);
        const shape = [...first.shape.slice(0, 3), channels];
        const y = yield* multiply(ctx, a, b, product(transposeOther ? "b" : "none", shape, false));
        return { y, save: { a, b, shapes: [first.shape, second.shape] } };
      },
      backward: function* (gradient, { a, b, shapes: [ofInput, ofOther] }, ctx) {
        const dy = yield* ctx.operand(gradient);
        const da = yield* multiply(ctx, dy, b, product(transposeOther ? "none" : "b", ofInput));
        const [left, right] = transposeOther ? [dy, a] : [a, dy];
        return [da, yield* multiply(ctx, left, right, product("a", ofOther))];
      },
    };
  };
  return sequential(
    branches(
      [
        sequential(input, quantize({ activation: `${name}/input` })),
        sequential(other, quantize({ activation: `${name}/other` })),
      ],
      join,
    ),
    quantize({ gradient: `${name}/gradient` }),
  );
};
