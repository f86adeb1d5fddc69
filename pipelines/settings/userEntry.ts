/** @file What a file of a user's own exports, made with the options that stand behind its path, as in `./fold.ts:length=9`. */
import * as E from "fp-ts/lib/Either.js";
import { declarationProblems } from "../../core/declaredOptions.ts";
import { type Entry, makeEntry, type NamedText } from "../../core/entry.ts";
import { type Problem, thrownText } from "../../core/errors.ts";
import { inText } from "../../core/optionSpelling.ts";

/** An entry as a file exports it: nobody has checked it, and only `make` has to be there. */
export type UserEntry = Pick<Entry<unknown>, "make"> & Partial<Entry<unknown>>;

/** The entry in an export; undefined where that is anything else. */
export const entryIn = (exported: unknown): UserEntry | undefined =>
  typeof exported === "object" && exported !== null && typeof (exported as UserEntry).make === "function"
    ? (exported as UserEntry)
    : undefined;

/** A wrong export, found and expected as in every sentence about files. */
type Refuse = (found: string, hint?: string) => E.Either<readonly Problem[], never>;

/**
 * Method that an export stands for: itself, or what its `make` makes of the options that are given.
 *
 * @param where the option that the text belongs to; used in errors only
 * @param file the path and the options that are given behind it
 * @param refuse says that the export is not what was expected
 * @returns `Left` of all that is wrong with the options, as declared and as given
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
    return refuse(`throws when it is made: ${thrownText(error)}`);
  }
};
