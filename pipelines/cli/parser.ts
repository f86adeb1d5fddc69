/**
 * @file The parser of a command, on commander. Commander splits the arguments and formats the help. Problems are collected and reported
 * together as `RangeflowFailure`, where commander would stop at the first.
 */
import { Command as Commander, Option as CommanderOption } from "commander";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { version } from "../version.ts";
import { type Arguments, isFlag, type Option } from "./args.ts";
import type { Command, CommandEntry, Terminal } from "./command.ts";
import { otherNames } from "./otherNames.ts";

/** A commander command that keeps the arguments that it does not recognize. */
export class Parser extends Commander {
  unrecognized: readonly string[] = [];

  override createCommand(name?: string): Parser {
    return new Parser(name);
  }

  override parseOptions(argv: string[]): ReturnType<Commander["parseOptions"]> {
    const parsed = super.parseOptions(argv);
    const end = parsed.unknown.indexOf("--");
    this.unrecognized = parsed.unknown.slice(0, end < 0 ? undefined : end).filter((arg) => /^-./.test(arg));
    return parsed;
  }
}

/** Stands for a missing value; an empty value counts as missing, too. */
const noValue = "";

const flagsOf = ({ name, letter, kind }: Option): string =>
  `${letter ? `-${letter}, ` : ""}--${name}${kind === "flag" ? "" : " [value]"}`;

/** The commander options of an option: one that collects every given value, or a flag and its negation. */
const optionsOf = (option: Option): readonly CommanderOption[] => {
  const parsed = new CommanderOption(flagsOf(option), option.help);
  if (option.group !== undefined) parsed.helpGroup(`${option.group}:`);
  if (option.hidden) parsed.hideHelp();
  if (isFlag(option)) return [parsed, new CommanderOption(`--no-${option.name}`).hideHelp()];
  parsed
    .preset(noValue)
    // Before the first value, an option called `constructor` has what every object inherits.
    .argParser((value: string, before: unknown) => [...(Array.isArray(before) ? before : []), value]);
  return [parsed];
};

/** Spelling of an option in the help: `-h, --help`, `--bits W/A/G`. */
const termIn =
  (options: readonly Option[]) =>
  ({ flags, long }: CommanderOption): string => {
    const value = options.find(({ name }) => `--${name}` === long)?.value;
    return flags.replace(/ \[value\]$/, value === undefined ? "" : ` ${value}`);
  };

/** Columns of the help if standard output is not a terminal. */
const defaultColumns = 100;

/** Sets up what all parsers share: they write to the given terminal, and throw instead of ending the process. */
export const equipped = (parser: Parser, { out, err, columns = defaultColumns }: Terminal): Parser =>
  parser
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      getOutHelpWidth: () => columns,
      getErrHelpWidth: () => columns,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .allowUnknownOption()
    .allowExcessArguments() as Parser;

/** Adds the options of every command, after all others. */
export const withCommonOptions = (parser: Parser): Parser =>
  parser
    .version(version, "-v, --version", "show the version")
    .helpOption("-h, --help", "show this help") as Parser;

/** The problem of a flag with an invalid value, as in `--augment=no` or `--no-augment=false`; undefined for other arguments. */
const flagProblem = (where: string, arg: string, options: readonly Option[]): Problem | undefined => {
  const written = arg.slice(0, arg.indexOf("="));
  const flag = options.find((option) => isFlag(option) && written === `--${option.name}`);
  if (flag) return problem(where, arg, `${written} or --no-${flag.name}, true or false`);
  return options.some((option) => isFlag(option) && written === `--no-${option.name}`)
    ? problem(where, arg, `${written} without a value`)
    : undefined;
};

const unknownProblem = (where: string, arg: string, options: readonly Option[]): Problem => {
  const name = /^--?[^=]+/.exec(arg)?.[0] ?? arg;
  const names = options.flatMap((option) =>
    isFlag(option) ? [`--${option.name}`, `--no-${option.name}`] : [`--${option.name}`],
  );
  const meant = Object.hasOwn(otherNames, name) ? (otherNames[name] as string) : name;
  return problem(
    where,
    `unknown option ${name}`,
    names.includes(meant)
      ? meant
      : expectedName(name, [...names, "--help", "--version"], `one that ${where} --help lists`),
  );
};

/** All problems of parsed arguments. */
const problemsOf = (
  where: string,
  { args, unrecognized }: Parser,
  values: ReadonlyMap<Option, unknown>,
  options: readonly Option[],
  mostOperands: number,
): readonly Problem[] => [
  ...unrecognized.map((arg) => flagProblem(where, arg, options) ?? unknownProblem(where, arg, options)),
  ...[...values].flatMap(([{ name, value = "X" }, given]) =>
    Array.isArray(given) && given.includes(noValue)
      ? [problem(where, `--${name} without a value`, `--${name} ${value}`)]
      : [],
  ),
  ...(args.includes("") ? [problem(where, "an empty argument", "a name or a path")] : []),
  // The argument after an unknown option may be its value, so operands are not counted then.
  ...(unrecognized.length > 0 ? [] : args)
    .slice(mostOperands, mostOperands + 1)
    .map((extra) =>
      problem(
        where,
        `argument "${extra}"`,
        mostOperands === 0 ? "options only" : `at most ${mostOperands}`,
        "options start with --",
      ),
    ),
];

/** @throws `RangeflowFailure` with all problems: unknown options, missing or invalid values, too many operands */
const argumentsIn = (
  where: string,
  parser: Parser,
  options: readonly Option[],
  mostOperands: number,
): Arguments => {
  const named = new Map(
    parser.options.filter(({ negate }) => !negate).map((option) => [option.attributeName(), option.long]),
  );
  // In the order given on the command line.
  const values = new Map(
    Object.entries(parser.opts()).flatMap(([attribute, value]) => {
      const option = options.find(({ name }) => `--${name}` === named.get(attribute));
      return option === undefined ? [] : [[option, value as unknown] as const];
    }),
  );
  const problems = problemsOf(where, parser, values, options, mostOperands);
  if (problems.length > 0) throw new RangeflowFailure(...problems);
  const given = <T>(kind: Option["kind"], read: (value: unknown) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(
      [...values].filter(([option]) => option.kind === kind).map(([{ name }, value]) => [name, read(value)]),
    );
  return {
    texts: given("text", (value) => (value as readonly string[]).at(-1) as string),
    flags: given("flag", (value) => value === true),
    lists: given("many", (value) => value as readonly string[]),
    positionals: [...parser.args],
  };
};

/** The most operands that a command takes. */
const mostOf = (operands: readonly string[]): number =>
  operands.at(-1)?.endsWith("...") ? Number.POSITIVE_INFINITY : operands.length;

/**
 * The parser of a command.
 *
 * @param where the command as it is typed, such as `rangeflow train`; used in errors only
 * @param entry its name and summary
 * @param run called with the parsed arguments
 */
export const parserOf = (
  where: string,
  { name, summary }: CommandEntry,
  { usage, details, epilogue, options, operands = [] }: Command,
  terminal: Terminal,
  run: (given: Arguments) => Promise<void>,
): Parser => {
  const parser = equipped(new Parser(name), terminal)
    .usage(usage)
    .description(details === undefined ? summary : `${summary}\n${details}`)
    .configureHelp({ optionTerm: termIn(options), optionDescription: ({ description }) => description });
  for (const operand of operands) parser.argument(`[${operand}]`);
  for (const option of options.flatMap(optionsOf)) parser.addOption(option);
  withCommonOptions(parser as Parser);
  if (epilogue !== undefined) parser.addHelpText("after", `\n${epilogue}`);
  parser.action(() => run(argumentsIn(where, parser as Parser, options, mostOf(operands))));
  return parser as Parser;
};

const isTruth = (text: string | undefined): text is "true" | "false" => text === "true" || text === "false";

/** Arguments with `--augment false` and `--augment=false` rewritten as `--no-augment`, and accordingly for true. */
export const withPlainFlags = (args: readonly string[], options: readonly Option[]): readonly string[] => {
  const names = new Set(options.filter(isFlag).map(({ name }) => `--${name}`));
  const plain: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") return [...plain, ...args.slice(i)];
    const [, name = arg, inline] = /^(--[^=]+)=(.*)$/s.exec(arg) ?? [];
    const next = args[i + 1];
    const truth = inline ?? (isTruth(next) ? next : undefined);
    if (!names.has(name) || !isTruth(truth)) plain.push(arg);
    else {
      plain.push(truth === "true" ? name : name.replace(/^--/, "--no-"));
      if (inline === undefined) i++;
    }
  }
  return plain;
};

/** The operands before the first unknown option; all operands if every option is known. */
export const operandsIn = (options: readonly Option[], args: readonly string[]): readonly string[] => {
  const parser = new Parser();
  for (const option of options.flatMap(optionsOf)) parser.addOption(option);
  return parser.parseOptions([...withPlainFlags(args, options)]).operands;
};
