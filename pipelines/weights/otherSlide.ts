import { type Problem, problem } from "../../core/errors.ts";
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";
import type { FileTensor } from "./weightsFile.ts";

/**
 * Problem with a convolution that has other strides, padding, dilation or groups in a file than in a network, although the weights have
 * the same shape; none if all are equal, and if the file does not state them.
 *
 * @param path path of the file
 * @param name name of the tensor in the file
 */
export const otherSlide = (
  path: string,
  name: string,
  { conv, path: parameter }: WeightPlace,
  { slide }: FileTensor,
): readonly Problem[] => {
  if (conv === undefined || slide === undefined) return [];
  const { stride, padding, groups } = conv;
  const others = (
    [
      ["strides", slide.strides, [stride, stride]],
      ["pads", slide.pads, [padding, padding, padding, padding]],
      ["dilations", slide.dilations, [1, 1]],
      ["group", [slide.group], [groups]],
    ] as const
  ).filter(([, theirs, own]) => theirs !== undefined && theirs.join() !== own.join());
  const text = (side: 1 | 2): string =>
    others.map((one) => `${one[0]} ${(one[side] ?? []).join(", ")}`).join(" and ");
  return others.length === 0
    ? []
    : [
        problem(
          path,
          `tensor ${name} of a convolution with ${text(1)}`,
          `${text(2)}, as ${layerAndField(parameter)[0]} has it`,
          "use the same network (--variant torchvision has the convolutions of torchvision), or its weights as safetensors, which do not state it",
        ),
      ];
};
