/** @file Arguments of the command line: option tables in, checked values out; every mistake is one sentence. */
import { parseArgs } from "node:util";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";

/** An option as the help and the parser know it; `many` may be repeated, `flag` is true or false. */
export interface Option {
  readonly name: string;
  readonly kind: "text" | "flag" | "many";
  readonly help: string;
  readonly value?: string;
  /** One letter that stands for it, after a single dash. */
  readonly letter?: string;
}

export interface Arguments {
  readonly texts: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly positionals: readonly string[];
}

/** An option as it stands in the arguments; its value is one that follows a `=`, or the argument after it. */
interface Given {
  readonly option: Option;
  readonly written: string;
  readonly value: string | undefined;
  readonly isNegated: boolean;
}

const isFlag = ({ kind }: Option): boolean => kind === "flag";

const truth = (text: string): boolean | undefined =>
  text === "true" ? true : text === "false" ? false : undefined;

/** `--augment false` is written `--augment=false`, as every other option has its value. */
const withJoinedFlags = (args: readonly string[], options: readonly Option[]): readonly string[] => {
  const isNamed = (arg: string): boolean =>
    options.some((option) => isFlag(option) && `--${option.name}` === arg);
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (truth(arg) !== undefined && before !== undefined && isNamed(before))
      joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
};

const tokensOf = (args: readonly string[], options: readonly Option[]) =>
  parseArgs({
    args: [...withJoinedFlags(args, options)],
    options: Object.fromEntries(
      options.map(({ name, kind, letter }) => [
        name,
        {
          type: kind === "flag" ? ("boolean" as const) : ("string" as const),
          multiple: kind === "many",
          ...(letter && { short: letter }),
        },
      ]),
    ),
    strict: false,
    tokens: true,
    allowPositionals: true,
  }).tokens;

type Token = ReturnType<typeof tokensOf>[number];

/** What is given of options, in order, and everything that is no option of the table. */
const givenIn = (tokens: readonly Token[], options: readonly Option[]) => {
  const given: Given[] = [];
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = options.find(({ name }) => name === token.name);
    const negated = options.find((candidate) => isFlag(candidate) && `no-${candidate.name}` === token.name);
    const known = option ?? negated;
    if (known === undefined) unknown.push(token.rawName);
    else {
      // What looks like an option is no value of the one before it, unless it stands behind a `=`.
      const isNext = token.inlineValue === false && token.value.startsWith("--");
      const value = isNext ? undefined : token.value;
      given.push({ option: known, written: token.rawName, value, isNegated: option === undefined });
    }
  }
  return { given, unknown };
};

/** What is wrong with the value of an option, by its kind. */
const valueProblem = (where: string, { option, written, value, isNegated }: Given): Problem | undefined => {
  if (isNegated)
    return value === undefined
      ? undefined
      : problem(where, `${written}=${value}`, `${written} without a value`);
  if (isFlag(option))
    return value === undefined || truth(value) !== undefined
      ? undefined
      : problem(where, `${written}=${value}`, `${written} or --no-${option.name}, true or false`);
  return value === undefined || value === ""
    ? problem(where, `${written} without a value`, `${written} ${option.value ?? "X"}`)
    : undefined;
};

/**
 * Reads arguments against a table of options. `--no-x`, `--x=false` and `--x false` unset the flag `x`.
 *
 * @throws `RangeflowFailure` of everything that is wrong: unknown options, values that are missing or no truth, and too many
 *   positional arguments
 */
export const parseArguments = (
  command: string,
  args: readonly string[],
  options: readonly Option[],
  mostPositionals: number,
): Arguments => {
  const where = `rangeflow ${command}`;
  const tokens = tokensOf(args, options);
  const { given, unknown } = givenIn(tokens, options);
  const positionals = tokens.flatMap((token) => (token.kind === "positional" ? [token.value] : []));
  const names = options.flatMap((option) =>
    isFlag(option) ? [`--${option.name}`, `--no-${option.name}`] : [`--${option.name}`],
  );
  const problems = [
    ...unknown.map((name) =>
      problem(where, `unknown option ${name}`, expectedName(name, names, `one that ${where} --help lists`)),
    ),
    ...given.flatMap((each) => valueProblem(where, each) ?? []),
    ...(positionals.includes("") ? [problem(where, "an empty argument", "a name or a path")] : []),
    // What follows an unknown option may be its value.
    ...(unknown.length > 0 ? [] : positionals)
      .slice(mostPositionals, mostPositionals + 1)
      .map((extra) =>
        problem(
          where,
          `argument "${extra}"`,
          mostPositionals === 0 ? "options only" : `at most ${mostPositionals}`,
          "options start with --",
        ),
      ),
  ];
  if (problems.length > 0) throw new RangeflowFailure(...problems);

  const texts: Record<string, string> = {};
  const flags: Record<string, boolean> = {};
  const lists: Record<string, string[]> = {};
  for (const { option, value = "true", isNegated } of given) {
    const { name, kind } = option;
    if (kind === "flag") flags[name] = !isNegated && value === "true";
    else if (kind === "text") texts[name] = value;
    else lists[name] = [...(lists[name] ?? []), value];
  }
  return { texts, flags, lists, positionals };
};

const headOf = ({ name, kind, letter, value = "" }: Option): string =>
  `${letter ? `-${letter}, ` : ""}--${name}${kind === "flag" ? "" : ` ${value}`.trimEnd()}`;

/** The help of a command: its usage, and one line for each option. */
export const helpText = (usage: string, about: string, options: readonly Option[]): string => {
  const heads = options.map(headOf);
  const wide = Math.max(...heads.map((head) => head.length));
  const lines = options.map(({ help }, i) => `  ${(heads[i] as string).padEnd(wide)}  ${help}`);
  return [`Usage: ${usage}`, "", about, "", "Options:", ...lines, ""].join("\n");
};
