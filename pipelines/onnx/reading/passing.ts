/** @file What stands between a quantizer and whoever takes its codes: operators that hand elements on, and clip them at most. */
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Bounds } from "./codeGrid.ts";

/** Operators that hand elements on as they are, in another order or shape, or only some of them. */
const handers: ReadonlySet<string> = new Set([
  ...["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"],
  ...["Transpose", "MaxPool", "Slice", "DepthToSpace"],
]);

/** Operators that clip. */
export const clippers: ReadonlySet<string> = new Set(["Relu", "Clip"]);

/** The node that computed numbers, and those that they went through since, the last one first. */
export interface Way {
  readonly origin: NodeProto | undefined;
  readonly passed: readonly NodeProto[];
}

/** How a value came from the node that computed its numbers; `makers` has the node of each value. */
export const wayTo = (makers: ReadonlyMap<string, NodeProto>, value: string): Way => {
  const passed: NodeProto[] = [];
  let origin = makers.get(value);
  while (origin !== undefined && (handers.has(origin.opType) || clippers.has(origin.opType))) {
    passed.push(origin);
    origin = makers.get(origin.input[0] ?? "");
  }
  return { origin, passed };
};

/**
 * What a node clips to; undefined where a bound is computed.
 *
 * @param numberIn the number that a value holds, if it holds one
 */
export const boundsOf = (
  { opType, input }: NodeProto,
  numberIn: (value: string) => number | undefined,
): Bounds | undefined => {
  if (opType === "Relu") return [0, Number.POSITIVE_INFINITY];
  const [, least, greatest] = input;
  const lo = least ? numberIn(least) : Number.NEGATIVE_INFINITY;
  const hi = greatest ? numberIn(greatest) : Number.POSITIVE_INFINITY;
  return lo === undefined || hi === undefined ? undefined : [lo, hi];
};
