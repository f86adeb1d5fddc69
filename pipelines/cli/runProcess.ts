/** @file The process around a command line. */
import { endProcess, guardEnding } from "../foreign/ending.ts";
import { watchProcess } from "../foreign/watchdog.ts";
import type { Terminal } from "./command.ts";
import { processTerminal } from "./terminal.ts";

/** Done when all that was written so far has been taken. */
const taken = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write("", () => resolve()));

/**
 * Answers the arguments of this process, and ends it with the exit code.
 *
 * @param name what a person has called, for a sentence about a module that ends the process
 */
export const runProcess = async (
  name: string,
  answer: (args: readonly string[], terminal: Terminal) => Promise<number>,
): Promise<never> => {
  const args = process.argv.slice(2);
  const terminal = processTerminal();
  watchProcess({ endsWithParent: false });
  guardEnding(`${name} ${args[0] ?? ""}`.trim(), (sentence, end) => {
    terminal.draw();
    process.stderr.write(`${sentence}\n`);
    end();
  });
  const code = await answer(args, terminal);
  await Promise.all([process.stdout, process.stderr].map(taken));
  // What is due now has its turn, since it may be an error; timers and handles beyond that, which a module has left behind, keep nothing alive.
  await new Promise(setImmediate);
  return endProcess(code);
};
