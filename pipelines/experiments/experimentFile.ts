/** @file Files that export an experiment, or a function that makes one from declared options. */
import { resolve } from "node:path";
import { declarationProblems } from "../../core/declaredOptions.ts";
import { decode } from "../../core/decodeOptions.ts";
import { type Problem, problem, problemsIn, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { isObject } from "../../core/guards.ts";
import { asFlags } from "../../core/optionSpelling.ts";
import type { Options, OptionValue, Values } from "../../core/options.ts";
import { watchedTrial } from "../foreign/watchdog.ts";
import { takenOptions } from "../settings/commandOptions.ts";
import { entryIn, type UserEntry } from "../settings/userEntry.ts";
import { contentsSha256, type Locate, userFile } from "../settings/userFiles.ts";
import { exportText, userModule } from "../settings/userModule.ts";
import { type Experiment, type ExperimentParts, experiment } from "./experiment.ts";

/** A family of experiments: declared options, and the function that makes an experiment from their values. */
export interface ExperimentWith<D extends Options = Options> {
  readonly options: D;
  readonly make: (values: Values<D>) => ExperimentParts | Promise<ExperimentParts>;
}

/**
 * An experiment with options, as the default export of a file: `rangeflow train ./mine.ts --width 0.5`.
 *
 * @example
 * import { crossEntropy, dense, experimentWith, flatten, glyphs, quantized, relu, sequential } from "rangeflow";
 *
 * export default experimentWith({
 *   options: { width: { type: "integer", default: 32, least: 1, help: "units of the hidden layer" } },
 *   make: ({ width }) => ({
 *     network: sequential(
 *       flatten(),
 *       quantized(dense)("hidden", { units: width }),
 *       relu(),
 *       quantized(dense)("output", { units: 10 }),
 *     ),
 *     data: glyphs({ train: 640, test: 64 }),
 *     loss: crossEntropy(),
 *   }),
 * });
 */
export const experimentWith = <const D extends Options>(declared: ExperimentWith<D>): ExperimentWith<D> =>
  declared;

/** Export of a file, checked as far as possible without making an experiment. */
export interface LoadedExperiment {
  readonly options: Options;
  readonly make: (values: Readonly<Record<string, OptionValue>>) => Promise<Experiment>;
}

const expected =
  "a default export that is an experiment, or { options, make } with a function that gives one";

const isExperiment = (x: unknown): x is ExperimentParts => isObject(x) && "network" in x;

const refusing =
  (where: string, text: string) =>
  (found: string): RangeflowFailure =>
    new RangeflowFailure(problem(where, `${text} ${found}`, expected));

/** Messages of an error that a file has thrown. The error may come from a second copy of this package. */
const thrownIn = (error: unknown): string => thrownText(error).replace(/\.$/, "");

/** An option with the name under which a run keeps the file itself, which would take the file out of the run's identity. */
const namedLikeFile = (text: string, options: unknown): readonly Problem[] =>
  isObject(options) && Object.hasOwn(options, "experiment")
    ? [
        problem(
          `${text}, option "experiment"`,
          "the name under which runs keep the file itself",
          "another name",
          "an edited file would go unnoticed",
        ),
      ]
    : [];

const checked = (where: string, text: string, exported: unknown): LoadedExperiment => {
  const refuse = refusing(where, text);
  let entry: UserEntry | undefined;
  let options: Options;
  try {
    entry = entryIn(exported);
    options = entry?.options ?? {};
  } catch (error) {
    throw refuse(`cannot be looked at: ${thrownIn(error)}`);
  }
  if (entry === undefined) {
    if (!isExperiment(exported))
      throw refuse(
        isObject(exported) && !(exported instanceof Promise)
          ? "exports an object without a network"
          : exportText(exported),
      );
    return { options: {}, make: async () => experiment(exported) };
  }
  const { make } = entry;
  const wrong = [...namedLikeFile(text, options), ...declarationProblems(text, options, takenOptions)];
  if (wrong.length > 0) throw new RangeflowFailure(...wrong);
  return {
    options,
    make: async (values) => {
      let made: unknown;
      try {
        made = await watchedTrial(text, () => make.call(entry, values as never));
        if (isExperiment(made)) return experiment(made);
      } catch (error) {
        const problems = problemsIn(text, error);
        if (problems !== undefined) throw new RangeflowFailure(...problems);
        throw refuse(`cannot make an experiment: ${thrownIn(error)}`);
      }
      throw refuse(`makes ${made === undefined ? "nothing" : "no experiment"}`);
    },
  };
};

/** Loaded files by place and contents, since loading executes a file. */
const loaded = new Map<string, Promise<LoadedExperiment>>();

/**
 * Loads a file that exports an experiment, once for each state of its contents.
 *
 * @param where what names the file; used in errors only
 * @param locate resolves paths. Default: relative to the working directory
 * @returns rejects with `RangeflowFailure` if the file is missing, throws, or exports something else
 */
export const loadExperiment = (
  where: string,
  text: string,
  locate: Locate = resolve,
): Promise<LoadedExperiment> => {
  const path = locate(text);
  const load = async (): Promise<LoadedExperiment> => {
    return checked(where, text, getOrThrow(await userModule(where, "an experiment", text, locate)));
  };
  const file = userFile(text, path);
  if (file === undefined) return load();
  const key = `${path} ${contentsSha256(file)}`;
  const found = loaded.get(key) ?? load();
  loaded.set(key, found);
  return found;
};

/**
 * Values of an experiment's options, defaults included.
 *
 * @throws `RangeflowFailure` with every invalid or unknown option
 */
export const optionValues = (
  text: string,
  { options }: Pick<LoadedExperiment, "options">,
  given: Readonly<Record<string, unknown>>,
): Readonly<Record<string, OptionValue>> => {
  const values = getOrThrow(decode(options, Object.entries(given), asFlags(text)));
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
};
