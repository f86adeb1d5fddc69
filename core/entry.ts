/** @file Catalogue entries: methods, recipes and anything else with a name, a source and options. */
import * as E from "fp-ts/lib/Either.js";
import { decode, type GivenPairs } from "./decodeOptions.ts";
import { type Mismatch, type Problem, problem, RangeflowFailure } from "./errors.ts";
import { expectedName } from "./nearest.ts";
import { inText, type Spelling } from "./optionSpelling.ts";
import { type Given, type Options, type Values, withDefaults } from "./options.ts";

/** A conflict between values that are valid one by one: what was found, and what is expected of them together. */
export type Clash = Readonly<Pick<Mismatch, "found" | "expected">>;

/** A named method or model: summary, source, options, and the function that makes it. */
export interface Entry<T, D extends Options = Options> {
  /** Name in the catalogue. */
  readonly name: string;
  /** One line for a table. */
  readonly summary: string;
  /** The paper or code that it follows; empty if there is none. */
  readonly source: string;
  /** What a user should know first, e.g. where it was measured not to train, and what helps there. */
  readonly note?: string;
  /** Declared options; see `options`. */
  readonly options: D;
  /** Checks values that depend on each other; `undefined` if they are consistent. */
  clash?(values: Values<NoInfer<D>>): Clash | undefined;
  /** Makes the method from the values of its options. */
  make(values: Values<D>): T;
}

/** Returns the entry; the types of its values are inferred from its options. */
export const entry = <T, const D extends Options>(described: Entry<T, D>): Entry<T, D> => described;

/**
 * The entries of a kind among the exports of a table of contents, sorted by name. A new entry joins with its file and a
 * line there.
 */
export const entriesIn = <T extends { readonly kind: string; readonly name: string }>(
  contents: Readonly<Record<string, unknown>>,
  kind: T["kind"],
): readonly T[] =>
  Object.values(contents)
    .filter((exported): exported is T => (exported as Partial<T> | undefined)?.kind === kind)
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** An entry whose method can be made in code, from the options that differ from their defaults. */
export interface CheckedEntry<T, D extends Options = Options> extends Omit<Entry<T, D>, "make"> {
  /**
   * Makes the method. Options that are left out have their defaults.
   *
   * @throws `RangeflowFailure` listing all undeclared names and invalid values, and for values that clash
   */
  make(given?: Given<D>): T;
}

/** The entry with options that are completed and checked in code as on the command line. */
export const checkedEntry = <T, D extends Options>(described: Entry<T, D>): CheckedEntry<T, D> => ({
  ...described,
  make: (given = {} as Given<D>) => {
    const { name, options } = described;
    const values = withDefaults(options, given, name);
    const wrong = described.clash?.(values);
    if (wrong !== undefined) throw new RangeflowFailure(problem(name, wrong.found, wrong.expected));
    return described.make(values);
  },
});

/** Makes the method of an entry from given options; `Left` of all errors in them. */
export const makeEntry =
  <T>(
    { options, clash, make }: Pick<Entry<T>, "options" | "clash" | "make">,
    where: string,
    spelling: Spelling,
  ) =>
  (given: GivenPairs): E.Either<readonly Problem[], T> =>
    E.chain((values: Values<Options>): E.Either<readonly Problem[], T> => {
      const wrong = clash?.(values);
      return wrong === undefined
        ? E.right(make(values))
        : E.left([problem(where, wrong.found, wrong.expected)]);
    })(decode(options, given, spelling));

/** Checks that both bounds are given or neither, and that they are in order. */
export const endsInOrder =
  (of: string, low: string, high: string) =>
  (values: Values<Options>): Clash | undefined => {
    const [lower, upper] = [values[low], values[high]];
    if (lower === undefined && upper === undefined) return undefined;
    if (lower !== undefined && upper !== undefined && lower <= upper) return undefined;
    const found = [low, high].flatMap((name) =>
      values[name] === undefined ? [] : [`${name}=${values[name]}`],
    );
    return { found: `${of}:${found.join(",")}`, expected: `both ends, with ${low} <= ${high}` };
  };

/** A name and the options behind it, as in `inHindsight:decay=0.95,lo=-1`. */
export interface NamedText {
  readonly name: string;
  readonly given: GivenPairs;
}

/** The options in `decay=0.95,lo=-1`. The value of an option without `=` is `undefined`. */
export const pairsIn = (text: string): GivenPairs =>
  text.split(",").map((part) => {
    const at = part.indexOf("=");
    return at < 0 ? ([part, undefined] as const) : ([part.slice(0, at), part.slice(at + 1)] as const);
  });

/** Splits a text at its first colon. */
export const namedIn = (text: string): NamedText => {
  const at = text.indexOf(":");
  return at < 0 ? { name: text, given: [] } : { name: text.slice(0, at), given: pairsIn(text.slice(at + 1)) };
};

/** The entry of a name; otherwise an error that suggests similar names. */
const entryNamed = <T extends Pick<Entry<unknown>, "name">>(
  kind: string,
  entries: readonly T[],
  {
    where,
    name,
    otherwise = "",
  }: { readonly where: string; readonly name: string; readonly otherwise?: string },
): E.Either<readonly Problem[], T> => {
  const found = entries.find((candidate) => candidate.name === name);
  if (found) return E.right(found);
  const names = entries.map((candidate) => candidate.name);
  const expected = expectedName(name, names, `one of ${names.join(", ")}${otherwise}`);
  return E.left([problem(where, `${kind} "${name}"`, expected)]);
};

/**
 * The method that a text such as `inHindsight:decay=0.95` names.
 *
 * @param kind of the entries, e.g. `estimator`; used in errors only
 * @param where what is being configured, e.g. `--gradient-range`; used in errors only
 * @param otherwise what else could have been named, for errors
 */
export const parseEntry =
  <T>(kind: string, entries: readonly Entry<T>[], otherwise = `, or a path such as ./my-${kind}.ts`) =>
  (where: string) =>
  (text: string): E.Either<readonly Problem[], T> => {
    const { name, given } = namedIn(text);
    return E.chain((entry: Entry<T>) => makeEntry(entry, where, inText(where, name))(given))(
      entryNamed(kind, entries, { where, name, otherwise }),
    );
  };
