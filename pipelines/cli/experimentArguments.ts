/** @file Experiment files that a command is given, and the options that they declare, as command-line arguments. */
import { basename, extname } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { flagOf } from "../../core/optionSpelling.ts";
import type { Options } from "../../core/options.ts";
import { optionHelp } from "../../core/optionText.ts";
import { own } from "../../core/own.ts";
import { loadExperiment } from "../experiments/experimentFile.ts";
import { builtIn, type ExperimentFile, experimentFile, type RunSource } from "../experiments/source.ts";
import { ofAnyExperiment } from "../settings/commandOptions.ts";
import { type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { isPath } from "../settings/userFiles.ts";
import type { Arguments, Option } from "./args.ts";
import { settingsBeside } from "./fileHelp.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";

/** Name of a file without directory and extension: `mine` of `./mine.ts`. */
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
 * The options that files declare, and the settings of built-in experiments as hidden options, which do not apply to files. Several files may
 * declare the same option. Empty without a file.
 *
 * @param command the command that is given the files; used in errors only
 * @param forHelp whether to show the defaults of settings, which are those of the file if there is exactly one
 * @returns rejects with `RangeflowFailure` if a file exports no experiment, or if files declare an option differently
 */
export const declaredOptions = async (
  command: string,
  files: readonly string[],
  forHelp: boolean,
): Promise<readonly Option[]> => {
  const byName = new Map<string, Option>();
  const declared = new Set<string>();
  const beside: Option[] = [];
  for (const file of files.filter((file) => file !== "")) {
    if (!isPath(file))
      throw new RangeflowFailure(
        problem(
          command,
          `argument "${file}"`,
          "a file that exports an experiment, such as ./mine.ts",
          "options start with --",
        ),
      );
    const loaded = await loadExperiment(command, file);
    const { options } = loaded;
    if (forHelp && files.length === 1) beside.push(...(await settingsBeside(file, loaded)));
    for (const name of Object.keys(options)) {
      declared.add(name);
      const option = optionFor(file, name, options);
      const other = byName.get(option.name);
      if (other !== undefined && other.kind !== option.kind)
        throw new RangeflowFailure(
          problem(
            file,
            `--${option.name} as a ${option.kind}`,
            `a ${other.kind}, as in another of the files`,
          ),
        );
      byName.set(option.name, other ?? option);
    }
  }
  if (files.length === 0) return [];
  const others = settingNames.filter((name) => !ofAnyExperiment.includes(name) && !declared.has(name));
  return [
    ...byName.values(),
    ...beside,
    ...settingOptions(others).map((option) => ({ ...option, hidden: true })),
  ];
};

/** Arguments for the experiments of files. */
export interface FileArguments {
  readonly sources: readonly ExperimentFile[];
  /** Names of all options that the files declare. */
  readonly declared: readonly string[];
  /** Settings that change all of them. */
  readonly changes: Partial<Settings>;
}

/** The experiments of the files among the arguments, each with the given values of its options. */
export const filesIn = async (
  command: string,
  given: Arguments,
  names: readonly SettingName[],
): Promise<FileArguments> => {
  const files = given.positionals;
  const all: Readonly<Record<string, unknown>> = { ...given.texts, ...given.flags };
  const options = await Promise.all(
    files.map(async (file) => Object.keys((await loadExperiment(command, file)).options)),
  );
  const declared = [...new Set(options.flat())];
  const changes = Object.fromEntries(
    Object.entries(givenSettings(names, given)).filter(([name]) => !declared.includes(name)),
  );
  const valuesOf = (declared: readonly string[]): Readonly<Record<string, unknown>> =>
    Object.fromEntries(
      declared
        .map((name) => [name, own(all, flagOf(name).slice(2))] as const)
        .filter(([, value]) => value !== undefined),
    );
  const sources = files.map((file, i) => experimentFile(file, valuesOf(options[i] ?? []), changes));
  return { sources, declared, changes };
};

/** The experiment that arguments ask for: that of a file with its options, or a built-in one. */
export const sourceIn = async (command: string, given: Arguments): Promise<RunSource> => {
  const [source] = (await filesIn(command, given, settingNames)).sources;
  return source ?? builtIn(givenSettings(settingNames, given));
};
