/** @file Arguments of the command line: option tables in, checked values out; every mistake is one sentence. */
import { parseArgs } from "node:util";
import { problem, RangeflowFailure } from "../../core/errors.ts";

/** An option as the help and the parser know it; `many` may be repeated, `flag` takes no value. */
export interface Option {
  readonly name: string;
  readonly kind: "text" | "flag" | "many";
  readonly help: string;
  readonly value?: string;
}

export interface Arguments {
  readonly texts: Readonly<Record<string, string>>;
  readonly flags: Readonly<Record<string, boolean>>;
  readonly lists: Readonly<Record<string, readonly string[]>>;
  readonly positionals: readonly string[];
}

const optionNames = (options: readonly Option[]): string => options.map(({ name }) => `--${name}`).join(", ");

/**
 * Reads arguments against a table of options. `--no-x` unsets the flag `x`.
 *
 * @throws `RangeflowFailure` for unknown options, missing values, and too many positional arguments
 */
export const parseArguments = (
  command: string,
  args: readonly string[],
  options: readonly Option[],
  mostPositionals: number,
): Arguments => {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      options.map(({ name, kind }) => [
        name,
        { type: kind === "flag" ? ("boolean" as const) : ("string" as const), multiple: kind === "many" },
      ]),
    ),
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const texts: Record<string, string> = {};
  const flags: Record<string, boolean> = {};
  const lists: Record<string, string[]> = {};
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = options.find(({ name }) => name === token.name);
    const negated = options.find(({ name, kind }) => kind === "flag" && `no-${name}` === token.name);
    if (negated) flags[negated.name] = false;
    else if (option === undefined)
      throw new RangeflowFailure(
        problem(`rangeflow ${command}`, `unknown option ${token.rawName}`, `one of ${optionNames(options)}`),
      );
    else if (option.kind === "flag")
      flags[option.name] = token.value === undefined || token.value !== "false";
    else if (token.value === undefined || token.value === "")
      throw new RangeflowFailure(
        problem(
          `rangeflow ${command}`,
          `${token.rawName} without a value`,
          `${token.rawName} ${option.value ?? "X"}`,
        ),
      );
    else if (option.kind === "text") texts[option.name] = token.value;
    else lists[option.name] = [...(lists[option.name] ?? []), token.value];
  }
  if (positionals.length > mostPositionals)
    throw new RangeflowFailure(
      problem(
        `rangeflow ${command}`,
        `argument "${positionals[mostPositionals]}"`,
        mostPositionals === 0 ? "options only" : `at most ${mostPositionals}`,
        "options start with --",
      ),
    );
  return { texts, flags, lists, positionals };
};

/** The help of a command: its usage, and one line for each option. */
export const helpText = (usage: string, about: string, options: readonly Option[]): string => {
  const heads = options.map(({ name, kind, value = "" }) =>
    kind === "flag" ? `--${name}` : `--${name} ${value}`.trimEnd(),
  );
  const wide = Math.max(...heads.map((head) => head.length));
  const lines = options.map(({ help }, i) => `  ${(heads[i] as string).padEnd(wide)}  ${help}`);
  return [`Usage: ${usage}`, "", about, "", "Options:", ...lines, ""].join("\n");
};
