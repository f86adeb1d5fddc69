/** @file Estimators by the names that the command line uses: built-in ones, and modules of the user. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { isObservable, NEVER } from "rxjs";
import type { NamedText } from "../../core/entry.ts";
import { type Problem, problem, thrownText } from "../../core/errors.ts";
import { combinationIn, parseEstimator } from "../../quantizers/catalogue/parseEstimator.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { watchedTrial } from "../foreign/watchdog.ts";
import { exportWith } from "./userEntry.ts";
import { fileIn, type Locate } from "./userFiles.ts";
import { exportText, userModule } from "./userModule.ts";

type Found = E.Either<readonly Problem[], NamedEstimator>;

/** Checks that an export is an operator: calls it with a stream that never emits, and subscribes to the result for a moment. */
const checked = (exported: unknown, refuse: (found: string, hint?: string) => Found, text: string): Found => {
  if (typeof exported !== "function") return refuse(exportText(exported));
  try {
    const ranges$: unknown = exported(NEVER);
    if (!isObservable(ranges$))
      return typeof ranges$ === "function"
        ? refuse("exports a function that returns a function", "export the result of calling it")
        : refuse("exports a function that does not return an Observable");
    let failure: { readonly error: unknown } | undefined;
    ranges$
      .subscribe({
        error: (error: unknown) => {
          failure = { error };
        },
      })
      .unsubscribe();
    return failure
      ? refuse(`fails when it is subscribed to: ${thrownText(failure.error)}`)
      : E.right({ name: text, estimator: exported as RangeEstimator });
  } catch (error) {
    return refuse(`throws when it is called: ${thrownText(error)}`);
  }
};

/** The estimator in an export: a function, or what an entry makes from the given options. */
const fromExport = (where: string, text: string, file: NamedText, exported: unknown): Found => {
  const expected = "a default export that is a function from Observable<RangeStat> to Observable<Range>";
  const refuse = (found: string, hint?: string) =>
    E.left([problem(where, `${file.name} ${found}`, expected, hint)]);
  return E.chain((made: unknown) => checked(made, refuse, text))(exportWith(where, file, exported, refuse));
};

/**
 * The estimator that a text names: a built-in one such as `inHindsight:decay=0.95`, or a TypeScript or JavaScript file such as
 * `./my-estimator.ts`, relative to the working directory. The default export of a file is an operator, or an entry that makes one from
 * options, as in `./my-estimator.ts:length=9`. A file may also stand inside a combinator: `inHindsight(./my-estimator.ts:length=9)`.
 *
 * @param where the option that the text belongs to; used in errors only
 * @param locate finds files by name. Default: relative to the working directory
 */
export const estimatorNamed = async (
  where: string,
  text: string,
  locate: Locate = resolve,
): Promise<Found> => {
  const combination = combinationIn(where, text);
  if (combination) return E.chain(combination.around)(await estimatorNamed(where, combination.inner, locate));
  const file = fileIn(text);
  if (file === undefined) return parseEstimator(where)(text);
  return E.chain((exported: unknown) =>
    watchedTrial(file.name, () => fromExport(where, text, file, exported)),
  )(await userModule(where, "an estimator", file.name, locate));
};
