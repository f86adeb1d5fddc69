/** @file The export of a user's file, made with the options that follow its path, as in `./fold.ts:length=9`. */
import * as E from "fp-ts/lib/Either.js";
import { declarationProblems } from "../../core/declaredOptions.ts";
import { type Entry, makeEntry, type NamedText } from "../../core/entry.ts";
import { type Problem, problemsIn, thrownText } from "../../core/errors.ts";
import { inText } from "../../core/optionSpelling.ts";

/** An unchecked entry as a file exports it; only `make` is required. */
export type UserEntry = Pick<Entry<unknown>, "make"> & Partial<Entry<unknown>>;

/** The entry in an export; undefined for anything else. */
export const entryIn = (exported: unknown): UserEntry | undefined =>
  typeof exported === "object" && exported !== null && typeof (exported as UserEntry).make === "function"
    ? (exported as UserEntry)
    : undefined;

/** Refuses an export, with what was found in it and a hint. */
type Refuse = (found: string, hint?: string) => E.Either<readonly Problem[], never>;

/**
 * The method that an export stands for: the export itself, or what its `make` makes from the given options.
 *
 * @param where the option that the text belongs to; used in errors only
 * @param file the path and the options that follow it
 * @param refuse reports that the export is not what was expected
 * @returns `Left` with every problem of the options, declared and given
 */
export const exportWith = (
  where: string,
  { name, given }: NamedText,
  exported: unknown,
  refuse: Refuse,
): E.Either<readonly Problem[], unknown> => {
  let entry: UserEntry | undefined;
  let options: UserEntry["options"];
  let clash: UserEntry["clash"];
  try {
    entry = entryIn(exported);
    options = entry?.options ?? {};
    clash = entry?.clash;
  } catch (error) {
    return refuse(`cannot be looked at: ${thrownText(error)}`);
  }
  if (entry === undefined)
    return given.length === 0
      ? E.right(exported)
      : refuse("takes no options", "export default { options: { .. }, make: (values) => .. } to take some");
  const wrong = declarationProblems(name, options);
  if (wrong.length > 0) return E.left(wrong);
  try {
    const checked = {
      options,
      ...(clash && { clash: (values: never) => clash.call(entry, values) }),
      make: (values: never): unknown => entry.make(values),
    };
    return makeEntry(checked, where, inText(where, name))(given);
  } catch (error) {
    const problems = problemsIn(`${where}, ${name}`, error);
    return problems ? E.left(problems) : refuse(`throws when it is made: ${thrownText(error)}`);
  }
};
