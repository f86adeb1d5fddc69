import * as E from "fp-ts/lib/Either.js";
import { type RangeflowError, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { buildModule, type Module, type Scope } from "../../operators/module/module.ts";
import type { Note } from "../../operators/module/notes.ts";
import { plannedParameters } from "../../operators/module/parameters.ts";
import { trialScope } from "../../operators/module/trialScope.ts";
import { fileSha256 } from "../files/fileSha256.ts";
import { startingWith } from "./startingWith.ts";
import { type MatchOptions, type WeightMatch, weightMatch } from "./weightMatch.ts";
import { type WeightPlace, weightPlaces } from "./weightPlaces.ts";
import { openWeights, what } from "./weightsFile.ts";

const optionNames: OptionNames<MatchOptions> = { names: true, except: true };

/** Parameters that a module would create in a scope, or why it cannot be built. */
const placesIn = (
  module: Module,
  scope: Scope,
): E.Either<readonly RangeflowError[], readonly WeightPlace[]> => {
  const parameters = plannedParameters();
  const notes: Note[] = [];
  const trial = { ...trialScope(scope), parameters, note: (one: Note): void => void notes.push(one) };
  const built = buildModule(module, trial, "what is loaded");
  return E.isLeft(built) ? built : E.right(weightPlaces(parameters.list(), notes, scope.path));
};

/**
 * A module whose parameters start with the values of a weights file: a safetensors file such as a PyTorch state dict, with float32,
 * float16, bfloat16 or float64 values (float64 is rounded to float32), a checkpoint of a run, or an ONNX model in QDQ form.
 *
 * Layouts are PyTorch's: convolutions OIHW; dense layers [out, in], with the columns of a flattened CHW image; normalizations as weight,
 * bias, running_mean and running_var. Names may be Rangeflow's in PyTorch's spelling (`layer1.block1.conv1.weight`), those of
 * torchvision's `resnet18`, `vgg16_bn` and `mobilenet_v2`, or those of a map. A common prefix such as `module.` is ignored. A checkpoint
 * of a run is read as it is. The file is read when the module is built, and its SHA-256 is part of the identity of a run that was made in
 * code.
 *
 * @param module a network, or a part of one
 * @param file path of the file, relative to the working directory
 * @param options `names`: whose names the file has (default: those that match best). `except`: patterns of layers, by their names in
 *   Rangeflow or in the file, that keep their random initial values, such as a last layer for other classes (default: none)
 * @returns a module that refuses to be built, with all problems in one message, if a name or a shape does not match
 * @example not run: it reads a file
 * const network = load(resnet18({ classes: 10, variant: "torchvision" }), "resnet18.safetensors", { except: ["dense", "fc"] });
 * const renamed = load(lenet5({ classes: 10 }), "mine.safetensors", { names: { conv1: "features.0", conv2: "features.3" } });
 */
export const load = (module: Module, file: string, options: MatchOptions = {}): Module => {
  const { names, except } = knownOptions("load", options, optionNames);
  return (scope) => {
    const places = placesIn(module, scope);
    if (E.isLeft(places)) return places;
    let match: WeightMatch;
    try {
      match = weightMatch(places.right, openWeights(file), options);
    } catch (error) {
      if (error instanceof RangeflowFailure) return E.left(error.problems);
      throw error;
    }
    scope.note({
      _tag: "Functions",
      place: `the weights${scope.path === "" ? "" : ` of ${scope.path}`} that a file has`,
      functions: [],
      probe: () => [fileSha256(file, what), JSON.stringify([names, except])],
    });
    return module({ ...scope, parameters: startingWith(match, scope.parameters, scope.path) });
  };
};
