import { CommanderError } from "commander";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { bePatient } from "../foreign/watchdog.ts";
import type { Option } from "./args.ts";
import type { CommandEntry, Terminal } from "./command.ts";
import { equipped, operandsIn, Parser, parserOf, withCommonOptions, withPlainFlags } from "./parser.ts";
import { goingOn, OutputEnded } from "./terminal.ts";

/** A program, and its commands, which are its first argument. */
export interface Program {
  readonly name: string;
  readonly about: string;
  readonly commands: readonly CommandEntry[];
}

/** Failure for a first argument that is not a command. */
const noCommand = ({ name, commands }: Program, given: string): RangeflowFailure =>
  new RangeflowFailure(
    /^-./.test(given)
      ? problem(
          name,
          `unknown option ${given.split("=")[0]}`,
          expectedName(given, ["--help", "--version"], "a command, --help or --version"),
        )
      : problem(
          name,
          `command "${given}"`,
          expectedName(
            given,
            commands.map(({ name }) => name),
          ),
        ),
  );

/** Arguments with `help train` rewritten as `train --help`. */
const withoutHelpCommand = ([name, ...args]: readonly string[]): readonly string[] =>
  name === "help" ? [...args, "--help"] : name === undefined ? ["--help"] : [name, ...args];

/** Options of a command, with those of the same name replaced by `own`. */
const optionsWith = (own: readonly Option[], options: readonly Option[]): readonly Option[] => [
  ...own,
  ...options.filter(({ name }) => own.every((other) => other.name !== name)),
];

/** Sets the timeout of --patience before files are loaded for their options; an invalid value is reported later, with all other problems. */
const takePatience = (args: readonly string[]): void => {
  const at = args.findLastIndex((arg) => /^--patience(=|$)/.test(arg));
  const seconds = Number(args[at]?.split("=")[1] ?? args[at + 1]);
  if (at >= 0 && seconds > 0) bePatient(seconds);
};

const answered = async (program: Program, given: readonly string[], terminal: Terminal): Promise<number> => {
  const args = withoutHelpCommand(given);
  const wanted = program.commands.find(({ name }) => name === args[0]);
  if (wanted === undefined && !/^(-h|--help|-v|--version)$/.test(args[0] ?? ""))
    throw noCommand(program, args[0] ?? "");
  const command = await wanted?.load();
  takePatience(args);
  const forHelp = args.some((arg) => arg === "-h" || arg === "--help");
  const own = (await command?.ownOptions?.(operandsIn(command.options, args.slice(1)), forHelp)) ?? [];
  const options = optionsWith(own, command?.options ?? []);
  let code = 0;
  const root = withCommonOptions(equipped(new Parser(program.name), terminal))
    .enablePositionalOptions()
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .usage("COMMAND [options]")
    .description(program.about)
    .addHelpText("after", `\n${program.name} COMMAND --help shows the options of a command.`);
  if (wanted !== undefined && command !== undefined)
    root.addCommand(
      parserOf(`${program.name} ${wanted.name}`, wanted, { ...command, options }, terminal, async (given) => {
        code = await command.run(given, command.goesOn ? goingOn(terminal) : terminal);
      }),
    );
  else
    for (const { name, summary } of program.commands) root.addCommand(new Parser(name).description(summary));
  await root.parseAsync([...withPlainFlags(args, options)], { from: "user" });
  return code;
};

/**
 * Runs a command line: chooses the command, and prints failures as messages.
 *
 * @returns the exit code: 0; 130 after Ctrl-C; 2 for any user error; 1, with a stack trace, for a bug
 */
export const runProgram = async (
  program: Program,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> => {
  try {
    return await answered(program, args, terminal);
  } catch (error) {
    terminal.draw();
    if (error instanceof OutputEnded) return error.code;
    // Commander throws after it has shown help or version.
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof RangeflowFailure) {
      terminal.err(`${error.message}\n`);
      return 2;
    }
    terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
};
