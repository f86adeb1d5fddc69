import * as E from "fp-ts/lib/Either.js";
import { unknownOptions } from "../../core/knownOptions.ts";
import { joined, type Module, type Scope } from "../module/module.ts";
import { conv2d } from "./conv2d.ts";

/** Size and first values of a dense layer. */
export interface DenseOptions {
  readonly units: number;
  readonly bias?: boolean;
  /** Gain of the initialization, as for `conv2d`. */
  readonly gain?: number;
}

/**
 * Every output a sum over all inputs, [N, H, W, C] to [N, 1, 1, units]: a convolution with a kernel as large as its image.
 *
 *     y[n, o] = b[o] + sum over i of x[n, i] * w[o, i]
 *
 * Has a bias unless told otherwise; quantizes as `conv2d` does.
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
