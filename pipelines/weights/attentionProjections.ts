import type { FileTensor, WeightsFile } from "./weightsFile.ts";

/** Rangeflow's layers whose weights PyTorch stacks, in its order. */
const stacked = ["query", "key", "value"] as const;

/** One of the equal parts of a stacked tensor. */
const partOf = (tensor: FileTensor, which: number): FileTensor => {
  const shape = [(tensor.shape[0] as number) / stacked.length, ...tensor.shape.slice(1)];
  return {
    ...tensor,
    shape,
    read: () => {
      const all = tensor.read();
      const length = all.length / stacked.length;
      return all.slice(which * length, (which + 1) * length);
    },
  };
};

/**
 * A file with the projections of each `torch.nn.MultiheadAttention` as layers of their own: `in_proj_weight` [3C, C] and `in_proj_bias` [3C]
 * as `query`, `key` and `value`, and `out_proj` as `out`. All other tensors are as they were.
 */
export const attentionProjections = (file: WeightsFile): WeightsFile => {
  const attentions = [...file.tensors].flatMap(([name, { shape }]) =>
    /(^|\.)in_proj_weight$/.test(name) && (shape[0] as number) % stacked.length === 0
      ? [name.slice(0, -"in_proj_weight".length)]
      : [],
  );
  if (attentions.length === 0) return file;
  const tensors = new Map(
    [...file.tensors].flatMap(([name, tensor]): (readonly [string, FileTensor])[] => {
      const [, attention = "", layer, field] = /^(.*?)(in_proj_|out_proj\.)(weight|bias)$/.exec(name) ?? [];
      if (layer === undefined || !attentions.includes(attention)) return [[name, tensor]];
      return layer === "in_proj_"
        ? stacked.map((part, i) => [`${attention}${part}.${field}`, partOf(tensor, i)])
        : [[`${attention}out.${field}`, tensor]];
    }),
  );
  return { ...file, tensors };
};
