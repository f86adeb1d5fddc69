import { problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { version } from "../version.ts";
import { benchCommand } from "./bench.ts";
import type { Command, Terminal } from "./command.ts";
import { compareCommand } from "./compare.ts";
import { estimatorsCommand } from "./estimators.ts";
import { replayCommand } from "./replay.ts";
import { goingOn, OutputEnded } from "./terminal.ts";
import { trafficCommand } from "./traffic.ts";
import { trainCommand } from "./train.ts";

const commands: readonly Command[] = [
  trainCommand,
  compareCommand,
  replayCommand,
  trafficCommand,
  estimatorsCommand,
  benchCommand,
];

const overview = (): string =>
  [
    "Usage: rangeflow COMMAND [options]",
    "",
    "Fully quantized training as a dataflow of streams: train, record the range of every tensor, replay.",
    "",
    "Commands:",
    ...commands.map(({ name, about }) => `  ${name.padEnd(12)}${about.split("\n")[0]}`),
    "",
    "rangeflow COMMAND --help shows the options of a command, rangeflow --version the version.",
    "",
  ].join("\n");

const names = commands.map(({ name }) => name);

const answered = async ([name, ...args]: readonly string[], terminal: Terminal): Promise<number> => {
  if (name === "help" && args.length > 0) return answered([...args, "--help"], terminal);
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command.run(args, command.goesOn ? goingOn(terminal) : terminal);
  switch (name) {
    case undefined:
    case "help":
    case "--help":
    case "-h":
      terminal.out(overview());
      return 0;
    case "--version":
    case "-v":
      terminal.out(`${version}\n`);
      return 0;
    default:
      throw new RangeflowFailure(problem("rangeflow", `command "${name}"`, expectedName(name, names)));
  }
};

/**
 * The command line: chooses a command, and turns what went wrong into sentences.
 *
 * @returns the exit code: 0; 130 after Ctrl-C; 2 for everything that a person can mend; 1, with a stack trace, for a mistake of ours
 */
export const rangeflow = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  try {
    return await answered(args, terminal);
  } catch (error) {
    if (error instanceof OutputEnded) return error.code;
    if (error instanceof RangeflowFailure) {
      terminal.err(`${terminal.isLive ? "\n" : ""}${error.message}\n`);
      return 2;
    }
    terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
};
