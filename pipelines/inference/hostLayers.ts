/** @file Nodes of layers that Rangeflow computes on the host in float64: normalizations of sets, GELU, softmax, embeddings of positions. */
import type { GeluNode } from "./graph.ts";
import { asFloat32, freeName, type Make, parameter, put, single } from "./graphBuilder.ts";

const setNorm: Make = ({ path, options }, given, builder) => {
  const x = asFloat32(builder, given);
  return put(builder, {
    op: "setNorm",
    name: freeName(builder, path),
    inputs: [x.name],
    shape: x.shape,
    groups: options.groups as number | undefined,
    epsilon: options.epsilon as number,
    scale: parameter(builder, `${path}/scale`),
    shift: parameter(builder, `${path}/shift`),
  });
};

const positions: Make = ({ path }, given, builder) => {
  const x = asFloat32(builder, given);
  const values = parameter(builder, `${path}/embedding`);
  return put(builder, {
    op: "positions",
    name: freeName(builder, path),
    inputs: [x.name],
    shape: x.shape,
    values,
  });
};

/** How these layers become nodes, by kind. */
export const hostLayers: Readonly<Record<string, Make>> = {
  layerNorm: setNorm,
  groupNorm: setNorm,
  positionEmbedding: positions,
  gelu: single("gelu", ({ options }, shape) => ({
    op: "gelu",
    shape,
    approximate: options.approximate as GeluNode["approximate"],
  })),
  softmax: single("softmax", ({ options }, shape) => ({
    op: "softmax",
    shape,
    groups: options.groups as number,
    causal: options.causal as boolean,
  })),
};
