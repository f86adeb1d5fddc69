import * as E from "fp-ts/lib/Either.js";
import { unknownOptions } from "../../core/knownOptions.ts";
import { joined, type Module, type Scope } from "../module/module.ts";
import { conv2d } from "./conv2d.ts";

/** Options of `dense`. */
export interface DenseOptions {
  /** Number of outputs. */
  readonly units: number;
  /** Whether the layer has a bias. Default: true, as in `torch.nn.Linear`. */
  readonly bias?: boolean;
  /** Initial weights are normal with mean 0 and variance gain / fanIn, fanIn = H * W * C. Default: 2, as for `conv2d`. */
  readonly gain?: number;
}

/**
 * A fully connected layer, the counterpart of `torch.nn.Linear`; it needs no `flatten` in front of it.
 *
 *     x [N, H, W, C],   w [units, H, W, C],   b [units]   ->   y [N, 1, 1, units]
 *     y[n, o] = b[o] + sum over i of x[n, i] * w[o, i]
 *
 * Computed and quantized as a `conv2d` whose kernel covers the whole image.
 *
 * @example
 * build(dense("dense1", { units: 10 }), scopeFor({ engine: reference(), shape: [4, 4, 16] })).shape; // [1, 1, 10]
 */
export const dense =
  (name: string, options: DenseOptions): Module =>
  (scope) => {
    const known = { units: true, bias: true, gain: true } as const;
    const unknown = unknownOptions(joined(scope.path, name), options, known);
    if (unknown.length > 0) return E.left(unknown);
    const { units, bias = true, gain } = options;
    const [height, width] = scope.shape as [number, number];
    const convolution = conv2d(name, {
      outChannels: units,
      kernel: [height, width],
      bias,
      ...(gain !== undefined && { gain }),
    });
    const note: Scope["note"] = (one) => scope.note(one._tag === "Layer" ? { ...one, as: "dense" } : one);
    return convolution({ ...scope, note });
  };
