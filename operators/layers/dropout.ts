import { problem } from "../../core/errors.ts";
import { type Expr, ofTensor, staged } from "../../core/expr.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { branch, fillAtLeast } from "../../core/random.ts";
import { sizeOf } from "../../core/tensor.ts";
import { joined, type Module } from "../module/module.ts";
import { layer } from "../step/op.ts";

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Probability that an element becomes 0, in [0, 1). Default: 0.5, as in PyTorch. */
  readonly p?: number;
}

/**
 * Dropout: in training each element is 0 with probability p, and the others are divided by 1 - p; in evaluation the input as it is. The
 * counterpart of `torch.nn.Dropout`. Shapes are those of x.
 *
 *     y[i] = x[i] / (1 - p) where u[i] >= p, else 0;   dx[i] = dy[i] / (1 - p) where u[i] >= p, else 0
 *
 * The uniform numbers u depend on the seed, the path of the layer, the step and the position of the element alone, so a resumed run and
 * every engine drop the same elements. 1 / (1 - p) is rounded to float32.
 *
 * @param name unique among the dropouts of a network, since two of one name would drop the same elements
 * @returns a module that refuses to be built without a name, if another dropout of the network has it, or unless 0 <= p < 1
 * @see Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting
 * @example
 * build(dropout("drop1", { p: 0.2 }), scopeFor({ engine: reference(), shape: [1, 1, 64] })).shape; // [1, 1, 64]
 */
export const dropout = (name: string, options: DropoutOptions = {}): Module =>
  layer(name, ({ path, seed, claim }) => {
    const { p = 0.5 } = knownOptions(path === "" ? "dropout" : path, options, { p: true });
    if (name === "") return problem("dropout", "no name", "a name that no other layer has");
    if (!(p >= 0 && p < 1)) return problem(path, `a p of ${p}`, "a number from 0 to less than 1");
    if (!claim(joined(path, "dropout")))
      return problem(
        path,
        "a second dropout of this name, which would drop the same elements",
        "a unique name for every layer",
      );
    const layerKey = branch(branch(seed, path), "dropout");
    const scale = Float32Array.of(1 / (1 - p));
    const kept = (x: Expr, isKept: Expr): Expr =>
      staged({ _tag: "Affine", scale })(staged({ _tag: "Gate", other: isKept, lo: 0, hi: 2 })(x));
    return {
      kind: "dropout",
      options: { p },
      forward: (x, ctx) => {
        const isKept = new Float32Array(sizeOf(x.shape));
        fillAtLeast(branch(layerKey, ctx.step), p, isKept);
        const other = ofTensor(ctx.upload(isKept, x.shape));
        return { y: kept(x, other), save: other };
      },
      backward: (dy, isKept) => ({ dx: kept(dy, isKept) }),
      evaluate: (x) => x,
    };
  });
