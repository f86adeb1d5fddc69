/** @file The process that runs a command line. */
import { endProcess, guardEnding } from "../foreign/ending.ts";
import { watchProcess } from "../foreign/watchdog.ts";
import type { Terminal } from "./command.ts";
import { processTerminal } from "./terminal.ts";

/** Resolves when everything written to a stream so far has been flushed. */
const taken = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => void stream.write("", () => resolve()));

/**
 * Runs a command line with the arguments of this process, and ends the process with the exit code.
 *
 * @param name the program as the user called it, for the message about a module that ends the process
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
  // Pending immediates run first, since they may throw; timers and handles that a module has left behind do not keep the process alive.
  await new Promise(setImmediate);
  return endProcess(code);
};
