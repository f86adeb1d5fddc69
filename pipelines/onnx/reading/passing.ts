/** @file Operators between a quantizer and the user of its codes: they move elements, and at most clip them. */
import type { NodeProto } from "../proto/onnx_pb.ts";
import type { Bounds } from "./codeGrid.ts";

/** Operators that pass elements on unchanged, in another order or shape, or only some of them. */
const handers: ReadonlySet<string> = new Set([
  ...["Flatten", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Dropout"],
  ...["Transpose", "MaxPool", "Slice", "DepthToSpace"],
]);

/** Operators that clip. */
export const clippers: ReadonlySet<string> = new Set(["Relu", "Clip"]);

/** The node that computed some numbers, and the nodes that they passed since, last first. */
export interface Way {
  readonly origin: NodeProto | undefined;
  readonly passed: readonly NodeProto[];
}

/** Path from a value back to the node that computed its numbers; `makers` has the node of each value. */
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
 * Bounds that a node clips to; undefined if one is computed.
 *
 * @param numberIn the number in a value, if it holds one
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
