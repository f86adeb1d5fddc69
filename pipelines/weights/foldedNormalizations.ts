import { type Problem, problem } from "../../core/errors.ts";
import { counted } from "../../core/inWords.ts";
import type { Wanted } from "./sameShape.ts";
import { layerAndField } from "./weightPlaces.ts";
import type { WeightsFile } from "./weightsFile.ts";

/**
 * Problem with a file that has fewer normalizations than a network, because its exporter has folded them into the preceding layers;
 * undefined if their numbers are equal, and if the file does not state its number.
 *
 * @param wanted required parameters
 * @param missing those that the file lacks
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
