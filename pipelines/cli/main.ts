#!/usr/bin/env node
/** @file The command line: chooses a command, and turns what went wrong into one sentence and an exit code. */
import { RangeflowFailure } from "../../core/errors.ts";
import type { Command, Terminal } from "./command.ts";
import { estimatorsCommand } from "./estimators.ts";
import { replayCommand } from "./replay.ts";
import { trafficCommand } from "./traffic.ts";
import { trainCommand } from "./train.ts";

const commands: readonly Command[] = [trainCommand, replayCommand, trafficCommand, estimatorsCommand];

const overview = (): string =>
  [
    "Usage: rangeflow COMMAND [options]",
    "",
    "Fully quantized training as a dataflow of streams: train, record the range of every tensor, replay.",
    "",
    "Commands:",
    ...commands.map(({ name, about }) => `  ${name.padEnd(12)}${about.split("\n")[0]}`),
    "",
    "rangeflow COMMAND --help shows the options of a command.",
    "",
  ].join("\n");

const terminal: Terminal = {
  out: (text) => {
    process.stdout.write(text);
  },
  err: (text) => {
    process.stderr.write(text);
  },
  isLive: process.stderr.isTTY ?? false,
};

const main = async ([name, ...args]: readonly string[]): Promise<number> => {
  const command = commands.find((candidate) => candidate.name === name);
  if (command) return command.run(args, terminal);
  if (name === undefined || name === "--help" || name === "help") {
    terminal.out(overview());
    return 0;
  }
  terminal.err(
    `rangeflow: command "${name}", expected one of ${commands.map((candidate) => candidate.name).join(", ")}.\n`,
  );
  return 2;
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof RangeflowFailure) {
    terminal.err(`${terminal.isLive ? "\n" : ""}${error.message}\n`);
    process.exitCode = 2;
  } else {
    terminal.err(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
