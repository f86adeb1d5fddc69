/** @file Writes the weights of a run as a safetensors file with PyTorch's layout and any parameter names. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { elements } from "../../core/tensor.ts";
import { readAll } from "../../operators/module/parameters.ts";
import {
  type InputNormalization,
  inputNormalization,
  normalizationMetadata,
} from "../data/inputNormalization.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { writeOutput } from "../files/outputFiles.ts";
import { encodeSafetensors, type SavedTensor } from "../files/safetensors.ts";
import { metadataKey } from "../files/safetensorsHeader.ts";
import type { Opening } from "../runs/openSource.ts";
import { prepare } from "../runs/prepare.ts";
import { type Resources, resourceNames } from "../runs/resources.ts";
import { version } from "../version.ts";
import { type NameMap, nameBy } from "../weights/nameMap.ts";
import { checkMap, type Names } from "../weights/names.ts";
import { torchvisionMapOf } from "../weights/torchvisionNames.ts";
import { toTheirs, type WeightPlace, weightPlaces } from "../weights/weightPlaces.ts";

/** Options of `exportSafetensors`. */
export interface ExportSafetensorsOptions extends Opening, Partial<Resources> {
  /** Names of the tensors: `rangeflow`, `torchvision`, or a map from Rangeflow's names to others. Default: `rangeflow`. */
  readonly names?: Names;
}

const optionNames: OptionNames<ExportSafetensorsOptions> = { ...resourceNames, trust: true, names: true };

/** Result of `exportSafetensors`. */
export interface ExportedWeights extends InputNormalization {
  /** Training steps of the exported weights. */
  readonly step: number;
  /** Number of tensors. */
  readonly tensors: number;
  /** Number of elements in all tensors. */
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

/** Names of all parameters by a map. Duplicates would merge two tensors. */
const namesOf = (places: readonly WeightPlace[], map: NameMap): readonly string[] => {
  const names = places.map(nameBy(map));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new RangeflowFailure(problem("--names", `two parameters named ${twice}`, "a unique name for each"));
  if (names.includes(metadataKey))
    throw new RangeflowFailure(
      problem("--names", `a parameter named ${metadataKey}`, "another name, as the format has this one"),
    );
  return names;
};

/**
 * Writes the weights of a run's last checkpoint in PyTorch's layout: convolutions OIHW; dense layers [out, in], with the columns of a
 * flattened CHW image; normalizations as weight, bias, running_mean and running_var. All are float32, whatever they are quantized to. The
 * metadata contain the normalization of the run's pixels, `inputMean` and `inputStd`, as JSON arrays with one number per channel.
 *
 * @param source the experiment of the run, as for `evaluate`
 * @param dir directory of the run, finished or not
 * @param out the file to write; it is replaced if it exists
 * @throws `RangeflowFailure` if there is no run, or the names do not match its network
 * @example not run: it reads a run
 * import { builtIn } from "rangeflow";
 * import { exportSafetensors } from "rangeflow/pipelines";
 *
 * const { tensors } = await exportSafetensors(builtIn(), "runs/mine", "mine.safetensors");
 */
export const exportSafetensors = async (
  source: RunSource,
  dir: string,
  out: string,
  options: ExportSafetensorsOptions = {},
): Promise<ExportedWeights> => {
  checkSource("exportSafetensors", source);
  checkDirectory("exportSafetensors", dir);
  const { names = "rangeflow", ...opening } = knownOptions("exportSafetensors", options, optionNames);
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
