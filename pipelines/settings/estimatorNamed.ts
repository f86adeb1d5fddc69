/** @file Estimators as the command line names them: built-in ones, and modules of a user's own. */
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

/** Calls an export with a stream of nothing and listens to it for a moment, to see that it is an operator. */
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

/** The estimator in an export: a function, or what an entry makes of the options that are given. */
const fromExport = (where: string, text: string, file: NamedText, exported: unknown): Found => {
  const expected = "a default export that is a function from Observable<RangeStat> to Observable<Range>";
  const refuse = (found: string, hint?: string) =>
    E.left([problem(where, `${file.name} ${found}`, expected, hint)]);
  return E.chain((made: unknown) => checked(made, refuse, text))(exportWith(where, file, exported, refuse));
};

/**
 * The estimator that a text names: `inHindsight:decay=0.95`, or `./my-estimator.ts` (TypeScript or JavaScript, relative to the
 * working directory) whose default export is an operator, or an entry that makes one of its options, as in
 * `./my-estimator.ts:length=9`; also inside of another, as in `inHindsight(./my-estimator.ts:length=9)`.
 *
 * @param where the option that the text belongs to; used in errors only
 * @param locate where files lie; relative to the working directory unless told
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
