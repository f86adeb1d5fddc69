import { type Problem, problem } from "../../core/errors.ts";
import { layerAndField, type WeightPlace } from "./weightPlaces.ts";
import type { FileTensor } from "./weightsFile.ts";

/** A float32 number in short form. */
const short = (value: number): string => String(Number(value.toPrecision(6)));

/**
 * Problems with normalizations whose epsilon in a file differs from that in a network; none if all are equal in float32, and if the file
 * does not state it.
 *
 * @param path path of the file
 */
export const otherEpsilon = (
  path: string,
  found: readonly (readonly [place: WeightPlace, name: string, tensor: FileTensor])[],
): readonly Problem[] => {
  const others = found.flatMap(([{ path: parameter, epsilon: own }, name, { epsilon: theirs }]) => {
    const [layer, field] = layerAndField(parameter);
    const isOther =
      field === "scale" &&
      own !== undefined &&
      theirs !== undefined &&
      Math.fround(own) !== Math.fround(theirs);
    return isOther ? [{ layer, name, own, theirs }] : [];
  });
  const [first, ...more] = others;
  if (first === undefined) return [];
  const beside = more.length === 0 ? "" : ` and of ${more.length} more`;
  return [
    problem(
      path,
      `epsilon ${short(first.theirs)} in the normalization of ${first.name}${beside}`,
      `epsilon ${short(first.own)}, as ${first.layer} has it`,
      "use a network with that epsilon (in code batchNorm(name, { epsilon })), or the weights as safetensors, which do not state it",
    ),
  ];
};
