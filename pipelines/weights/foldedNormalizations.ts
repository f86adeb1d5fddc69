import { type Problem, problem } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import type { Wanted } from "./sameShape.ts";
import { layerAndField } from "./weightPlaces.ts";
import type { WeightsFile } from "./weightsFile.ts";

/**
 * Says that a file computes fewer normalizations than a network has, as exporters leave them that fold normalizations into the layers in front;
 * undefined where there are as many, and where the file does not say how many it has.
 *
 * @param wanted parameters that a file has to have
 * @param missing those of them that it lacks
 */
export const foldedNormalizations = (
  { path, normalizations }: WeightsFile,
  wanted: readonly Wanted[],
  missing: readonly Wanted[],
): Problem | undefined => {
  const layersOf = (parameters: readonly Wanted[]): ReadonlySet<string> =>
    new Set(
      parameters.flatMap(([place]) => (place.kind === "normalization" ? [layerAndField(place.path)[0]] : [])),
    );
  const layers = layersOf(wanted).size;
  if (normalizations === undefined || normalizations >= layers || layersOf(missing).size === 0)
    return undefined;
  return problem(
    path,
    `${counted(normalizations, "batch normalization")} for the ${layers} of the network: others are folded into the layers before them`,
    "a BatchNormalization for each",
    "export the model with training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False and dynamo=False (torch.onnx.export folds them otherwise), one of Rangeflow without --batch-norm folded",
  );
};
