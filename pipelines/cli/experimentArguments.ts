/** @file The file that `train` is given, and the options that it declares, as arguments of the command line. */
import { basename, extname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { flagOf } from "../../core/optionSpelling.ts";
import type { Options } from "../../core/options.ts";
import { optionHelp } from "../../core/optionText.ts";
import { loadExperiment } from "../experiments/experimentFile.ts";
import { builtIn, experimentFile, type RunSource } from "../experiments/source.ts";
import { ofAnyExperiment } from "../runs/changedExperiment.ts";
import { settingNames } from "../settings/settings.ts";
import { isPath } from "../settings/userFiles.ts";
import type { Arguments, Option } from "./args.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";

/** A file without its directory and ending: `mine` of `./mine.ts`. */
export const stemOf = (file: string): string => basename(file, extname(file));

const optionFor = (file: string, name: string, declared: Options): Option => {
  const option = declared[name] as Options[string];
  const values = option.type === "choice" ? { values: option.choices } : {};
  return {
    name: flagOf(name).slice(2),
    kind: option.type === "boolean" ? "flag" : "text",
    help: optionHelp(option),
    group: `Options of ${file}`,
    value: option.type === "number" || option.type === "integer" ? "N" : "X",
    ...values,
  };
};

/**
 * The options that the file among the operands declares, and those of built-in experiments, which the help then leaves out; none without a
 * file.
 *
 * @returns rejects with `RangeflowFailure` if it exports no experiment
 */
export const declaredOptions = async ([file]: readonly string[]): Promise<readonly Option[]> => {
  if (file === undefined || file === "") return [];
  if (!isPath(file))
    throw new RangeflowFailure(
      problem(
        "rangeflow train",
        `argument "${file}"`,
        "a file that exports an experiment, such as ./mine.ts",
        "options start with --",
      ),
    );
  const { options } = await loadExperiment("rangeflow train", file);
  const own = Object.keys(options).map((name) => optionFor(file, name, options));
  const others = settingNames.filter(
    (name) => !ofAnyExperiment.includes(name) && !Object.hasOwn(options, name),
  );
  return [...own, ...settingOptions(others).map((option) => ({ ...option, hidden: true }))];
};

/** Experiment that the arguments ask for: that of a file with its options, or a built-in one. */
export const sourceIn = async (given: Arguments): Promise<RunSource> => {
  const [file] = given.positionals;
  const settings = givenSettings(settingNames, given);
  if (file === undefined) return builtIn(settings);
  const { options } = await loadExperiment("rangeflow train", file);
  const all: Readonly<Record<string, unknown>> = { ...given.texts, ...given.flags };
  const own = Object.keys(options)
    .map((name) => [name, all[flagOf(name).slice(2)]] as const)
    .filter(([, value]) => value !== undefined);
  const names = new Set(own.map(([name]) => name));
  const changes = Object.entries(settings).filter(([name]) => !names.has(name));
  return experimentFile(file, Object.fromEntries(own), Object.fromEntries(changes));
};
