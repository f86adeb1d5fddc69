/** @file The weights of a run as a safetensors file for PyTorch: its layout, and names that somebody else has for them. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { elements } from "../../core/tensor.ts";
import { readAll } from "../../operators/module/parameters.ts";
import {
  type InputNormalization,
  inputNormalization,
  normalizationMetadata,
} from "../data/inputNormalization.ts";
import type { RunSource } from "../experiments/source.ts";
import { writeOutput } from "../files/outputFiles.ts";
import { encodeSafetensors, type SavedTensor } from "../files/safetensors.ts";
import type { Opening } from "../runs/openSource.ts";
import { prepare } from "../runs/prepare.ts";
import type { Resources } from "../runs/resources.ts";
import { version } from "../version.ts";
import { type NameMap, nameBy } from "../weights/nameMap.ts";
import { checkMap, type Names } from "../weights/names.ts";
import { torchvisionMapOf } from "../weights/torchvisionNames.ts";
import { toTheirs, type WeightPlace, weightPlaces } from "../weights/weightPlaces.ts";

export interface ExportedWeights extends InputNormalization {
  /** Training steps that lie behind the weights. */
  readonly step: number;
  readonly tensors: number;
  readonly numbers: number;
}

const mapFor = (names: Names, places: readonly WeightPlace[]): NameMap => {
  if (names === "rangeflow") return {};
  if (names !== "torchvision") {
    checkMap("--names", names, places);
    return names;
  }
  return torchvisionMapOf("--names", places);
};

/** Names of all places by a map; two that are the same would be one tensor. */
const namesOf = (places: readonly WeightPlace[], map: NameMap): readonly string[] => {
  const names = places.map(nameBy(map));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeflowFailure(problem("--names", `two parameters named ${twice}`, "a unique name for each"));
  return names;
};

/**
 * Writes the weights of a run's last checkpoint as PyTorch has them: convolutions OIHW, dense layers [out, in] with the columns that a
 * flattened CHW image has, normalizations as weight, bias, running_mean and running_var. All are float32, whatever they are quantized with.
 * The metadata say what the run's pixels are normalized with, `inputMean` and `inputStd`, JSON arrays with a number for each channel.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @throws `RangeflowFailure` if there is no run, or the names do not belong to its network
 */
export const exportSafetensors = async (
  source: RunSource,
  dir: string,
  out: string,
  names: Names,
  opening: Opening & Partial<Resources>,
): Promise<ExportedWeights> => {
  const run = await prepare(source, { ...opening, out: dir, resume: true, where: "export" });
  try {
    const places = weightPlaces(run.planned.parameters, run.planned.notes);
    const theirs = namesOf(places, mapFor(names, places));
    const read = new Map(
      (await readAll(run.engine, run.network.parameters)).map(({ path, value }) => [path, elements(value)]),
    );
    const tensors = new Map(
      places.map((place, i): [string, SavedTensor] => [
        theirs[i] as string,
        {
          shape: place.theirShapes[0] ?? place.shape,
          data: toTheirs(place, read.get(place.path) as Float32Array),
        },
      ]),
    );
    const normalization = inputNormalization(run.data);
    const metadata = {
      format: "pt",
      producer: `rangeflow ${version}`,
      run: run.runId,
      step: String(run.step),
      ...normalizationMetadata(normalization),
    };
    writeOutput(out, encodeSafetensors({ metadata, tensors }));
    const numbers = [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
    return { step: run.step, tensors: tensors.size, numbers, ...normalization };
  } finally {
    run.engine.dispose();
  }
};
