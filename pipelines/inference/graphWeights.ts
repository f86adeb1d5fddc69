/** @file Weights of a layer as evaluation multiplies them. */
import type { QParams } from "../../core/qparams.ts";
import type { HostTensor, Shape } from "../../core/tensor.ts";
import { elements } from "../../core/tensor.ts";
import type { EvaluatedSite } from "./evaluatedSites.ts";
import type { GraphWeights } from "./graph.ts";

type Sites = ReadonlyMap<string, EvaluatedSite>;

/** The grid with the bit width in which its codes are stored: odd 4-bit levels range from -15 to 15 and take 5 bits. */
const stored = (params: QParams): QParams => {
  const { qmin, qmax } = params;
  let bits = 2;
  while (qmin < -(2 ** (bits - 1)) || qmax >= 2 ** (bits - 1)) bits++;
  return { ...params, bits };
};

/** Sites of a layer's output channels if their weights have separate ranges; empty if they share one. */
const channelSites = (sites: Sites, path: string, outChannels: number): readonly EvaluatedSite[] =>
  Array.from({ length: outChannels }, (_, o) => sites.get(`${path}/${o}`)).filter(
    (site) => site !== undefined,
  );

const joined = (channels: readonly EvaluatedSite[], shape: Shape): GraphWeights => {
  const perChannel = channels[0]?.codes?.length as number;
  const codes = new Int8Array(perChannel * channels.length);
  for (const [o, channel] of channels.entries()) codes.set(channel.codes as Int8Array, o * perChannel);
  const params = channels.map((channel) => channel.params!);
  return {
    kind: "codes",
    shape,
    codes,
    params: {
      ...stored(params[0]!),
      scale: Float32Array.from(params, ({ scale }) => scale[0] as number),
      zeroPoint: Int32Array.from(params, ({ zeroPoint }) => zeroPoint[0] as number),
    },
  };
};

/**
 * The weights of a layer: codes if its weight site makes some, otherwise float32 values.
 *
 * @param path path of the parameter, which is that of its site
 */
export const graphWeights = (sites: Sites, path: string, value: HostTensor): GraphWeights => {
  const { shape } = value;
  const site = sites.get(path);
  if (site?.codes && site.params)
    return { kind: "codes", codes: site.codes, params: stored(site.params), shape };
  if (site?.values) return { kind: "float32", values: site.values, shape };
  const channels = channelSites(sites, path, shape[0] as number);
  if (channels.length > 0) return joined(channels, shape);
  return { kind: "float32", values: Float32Array.from(elements(value)), shape };
};

/** The float32 values that weights stand for. */
export const float32Weights = (weights: GraphWeights): GraphWeights => {
  if (weights.kind === "float32") return weights;
  const { codes, params, shape } = weights;
  const perChannel = codes.length / params.scale.length;
  const channel = (i: number): number => Math.floor(i / perChannel);
  return {
    kind: "float32",
    shape,
    values: Float32Array.from(
      codes,
      (code, i) => (params.scale[channel(i)] as number) * (code - (params.zeroPoint[channel(i)] as number)),
    ),
  };
};
