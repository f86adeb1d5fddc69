/** @file Estimators of a recorded run by their names in its recording. Files that the user did not name are not executed. */
import * as E from "fp-ts/lib/Either.js";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { numerics } from "../../core/numerics.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { estimatorsIn } from "../../quantizers/rules/values.ts";
import { builtIn, experimentFile } from "../experiments/source.ts";
import { recipeNamed } from "../recipes/recipeNamed.ts";
import { openedFiles, refuse } from "../runs/claim.ts";
import { type Identity, numericsDifferences } from "../runs/identity.ts";
import { openSource } from "../runs/openSource.ts";
import { estimatorNamed } from "../settings/estimatorNamed.ts";
import { contentsSha256, locateIn, pathIn, type UserFile, userFile } from "../settings/userFiles.ts";

export interface RunEstimatorOptions {
  /** Identity of the run; undefined for a recording without a run, about whose files nothing is known. */
  readonly identity: Identity | undefined;
  /** Texts of estimators that the user names. Their files may be executed. */
  readonly named: readonly string[];
  /** Execute files that only the run names, if they are unchanged. */
  readonly trust: boolean;
}

const givenInCode = (where: string, name: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      where,
      `the estimator "${name}", which the run was given as a value in code`,
      "estimators that can be named",
      "verify it in code: verifyRun(experiment, dir)",
    ),
  );

/** The file that a text names, in its current state. */
const fileNow = (where: string, text: string): UserFile | undefined => {
  const name = pathIn(text);
  if (name === undefined) return undefined;
  const file = userFile(name, name);
  if (file === undefined)
    throw new RangeflowFailure(problem(where, `no file ${name}`, "a file", "check the path"));
  return file;
};

/** Estimators of the run's recipe, if that is a file. Read once, when the first of them is needed. */
const recipeEstimators = (
  where: string,
  identity: Identity | undefined,
  namedFiles: readonly UserFile[],
  trust: boolean,
): (() => Promise<ReadonlyMap<string, NamedEstimator> | undefined>) => {
  let found: Promise<ReadonlyMap<string, NamedEstimator>> | undefined;
  return async () => {
    const text = String(identity?.settings.recipe ?? "none");
    const path = pathIn(text);
    const saved = identity?.files.find((file) => file.name === path);
    if (saved === undefined) return undefined;
    found ??= (async () => {
      const files = openedFiles(where, [saved], namedFiles, trust);
      return estimatorsIn(getOrThrow(await recipeNamed(where, text, locateIn(files))).quantization);
    })();
    return found;
  };
};

/** Estimators of the experiment that a file exports, if the run has one. Read once, when the first of them is needed. */
const fileEstimators = (
  where: string,
  identity: Identity | undefined,
  namedFiles: readonly UserFile[],
  trust: boolean,
): (() => Promise<ReadonlyMap<string, NamedEstimator> | undefined>) => {
  let found: Promise<ReadonlyMap<string, NamedEstimator>> | undefined;
  return async () => {
    if (identity?.from !== "file") return undefined;
    const saved = identity.files.find(({ name }) => name === identity.settings.experiment);
    const named = namedFiles.find((file) => saved && contentsSha256(file) === contentsSha256(saved));
    found ??= (async () => {
      const source = named ? experimentFile(named.name) : builtIn();
      const { experiment } = await openSource(source, identity, where, { trust }, {});
      return estimatorsIn(experiment.quantization);
    })();
    return found;
  };
};

/**
 * Finds estimators for `verifyReplay`.
 *
 * @throws `RangeflowFailure` if the run has other numerics
 * @param where what needs them, for messages
 * @returns rejects with `RangeflowFailure` for a file that was not named, is missing or has changed, and for an estimator made in code
 */
export const runEstimators = (
  where: string,
  { identity, named, trust }: RunEstimatorOptions,
): ((name: string) => Promise<NamedEstimator>) => {
  if (identity !== undefined) refuse(where, numericsDifferences({ numerics }, identity));
  const namedFiles = named.flatMap((text) => fileNow(where, text) ?? []);
  const ofRecipe = recipeEstimators(where, identity, namedFiles, trust);
  const ofFile = fileEstimators(where, identity, namedFiles, trust);
  return async (name) => {
    const given = (await ofRecipe())?.get(name);
    if (given !== undefined) return given;
    const path = pathIn(name);
    const saved = identity?.files.find((file) => file.name === path);
    if (path !== undefined && saved === undefined)
      throw new RangeflowFailure(
        problem(
          where,
          `the file ${path} without a hash`,
          "a run that says what was in it",
          "name the directory of the run",
        ),
      );
    const files = saved === undefined ? [] : openedFiles(where, [saved], namedFiles, trust);
    const estimator = await estimatorNamed(where, name, locateIn(files));
    if (E.isRight(estimator)) return estimator.right;
    // Deferred to this point, because verifying built-in estimators does not require executing the file.
    const own = (await ofFile())?.get(name);
    if (own !== undefined) return own;
    throw identity?.from === "code" ? givenInCode(where, name) : new RangeflowFailure(...estimator.left);
  };
};
