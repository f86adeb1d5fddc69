/** @file Help of the settings for an experiment from a file: their defaults are those of the experiment. */
import type { Experiment } from "../experiments/experiment.ts";
import { type LoadedExperiment, optionValues } from "../experiments/experimentFile.ts";
import { changing, ofAnyExperiment } from "../settings/commandOptions.ts";
import type { SettingName } from "../settings/settings.ts";
import type { Option } from "./args.ts";
import { settingOptions } from "./settingOptions.ts";

/** Default of a setting that the file sets in its own way. */
const byFile = "as the file says";

type Defaults = Partial<Readonly<Record<SettingName, string>>>;

const all = (names: readonly SettingName[]): Defaults =>
  Object.fromEntries(names.map((name) => [name, byFile]));

/** Settings of how sites are quantized, which rules of an experiment may set. */
const ofSites = changing.filter((name) => /bits|range|quantizer|channel/i.test(name));

const defaultsOf = ({
  epochs,
  batch,
  seed,
  accumulator,
  measurements: { sqnrEvery = 0, histogramEvery = 0 },
  quantization,
}: Experiment): Defaults => ({
  ...(quantization.length > 0 && all(ofSites)),
  ...(accumulator && { accumulator: byFile }),
  epochs: String(epochs),
  batch: String(batch),
  seed: String(seed),
  sqnrEvery: String(sqnrEvery),
  histogramEvery: String(histogramEvery),
});

/**
 * The settings for an experiment from a file, for help. The experiment is made once, with the defaults of its options; if that fails, the help
 * says that the file decides.
 */
export const settingsBeside = async (file: string, loaded: LoadedExperiment): Promise<readonly Option[]> => {
  let own: Defaults;
  try {
    own = defaultsOf(await loaded.make(optionValues(file, loaded, {})));
  } catch {
    own = all(changing.filter((name) => name !== "recipe"));
  }
  return settingOptions(ofAnyExperiment, own);
};
