/** @file Estimators as the command line names them: built-in ones, and modules of a user's own. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { createJiti } from "jiti";
import { isObservable, NEVER } from "rxjs";
import { type Problem, problem } from "../core/errors.ts";
import { parseEstimator } from "../quantizers/catalogue.ts";
import type { RangeEstimator } from "../quantizers/estimator.ts";
import type { NamedEstimator } from "../quantizers/quantizer.ts";

const isPath = (text: string): boolean => /^\.{0,2}\//.test(text) || /\.[cm]?[jt]s$/.test(text);

/** What was thrown, in one line. */
const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .replace(/Require stack:.*/s, "")
    .replace(/\s+/g, " ")
    .trim();

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A module finds RxJS and Rangeflow wherever it lies: they are those that this process runs. */
const alias = (): Record<string, string> => ({
  rxjs: dirname(createRequire(import.meta.url).resolve("rxjs/package.json")),
  rangeflow: here("./rangeflow.js"),
  ...Object.fromEntries(
    ["core", "quantizers", "operators", "models", "pipelines"].map((folder) => [
      `rangeflow/${folder}`,
      here(`../${folder}/index.js`),
    ]),
  ),
});

/** Calls an export with a stream of nothing and listens to it for a moment, to see that it is an operator. */
const checked = (where: string, text: string, exported: unknown): E.Either<Problem, NamedEstimator> => {
  const expected = "a default export that is a function from Observable<RangeStat> to Observable<Range>";
  const refuse = (found: string, hint?: string) => E.left(problem(where, `${text} ${found}`, expected, hint));
  if (typeof exported !== "function")
    return refuse(exported === undefined ? "has no default export" : `exports ${typeof exported} as default`);
  try {
    const answer: unknown = exported(NEVER);
    if (!isObservable(answer))
      return typeof answer === "function"
        ? refuse("exports a function that returns a function", "export the result of calling it")
        : refuse("exports a function that does not return an Observable");
    let failure: { readonly error: unknown } | undefined;
    answer
      .subscribe({
        error: (error: unknown) => {
          failure = { error };
        },
      })
      .unsubscribe();
    return failure
      ? refuse(`fails when it is subscribed to: ${messageOf(failure.error)}`)
      : E.right({ name: text, estimator: exported as RangeEstimator });
  } catch (error) {
    return refuse(`throws when it is called: ${messageOf(error)}`);
  }
};

/**
 * The estimator that a text names: `inHindsight:decay=0.95`, or `./my-estimator.ts` (TypeScript or JavaScript, relative to the
 * working directory) whose default export is an operator.
 *
 * @param where the option that the text belongs to; used in errors only
 */
export const estimatorNamed = async (
  where: string,
  text: string,
): Promise<E.Either<Problem, NamedEstimator>> => {
  if (!isPath(text)) return parseEstimator(where)(text);
  const path = resolve(text);
  if (!existsSync(path))
    return E.left(problem(where, `no file ${text}`, "a module with an estimator", "check the path"));
  try {
    const exported = await createJiti(import.meta.url, { interopDefault: false, alias: alias() }).import(
      path,
    );
    return checked(where, text, (exported as { readonly default?: unknown }).default);
  } catch (error) {
    return E.left(problem(where, `${text} cannot be loaded: ${messageOf(error)}`, "a module that runs"));
  }
};
