/** @file The output streams of this process, and how commands end or continue when standard output is closed. */
import { reasonOf } from "../files/fileErrors.ts";
import { endAtLeastWith } from "../foreign/ending.ts";
import type { Terminal } from "./command.ts";
import { printable } from "./printable.ts";
import { progressBar } from "./progressBar.ts";

/** Standard output is closed or cannot be written; `code` is the exit code of a command that only prints. */
export class OutputEnded extends Error {
  readonly code: 0 | 2;

  constructor(code: 0 | 2) {
    super("standard output takes nothing any more");
    this.name = "OutputEnded";
    this.code = code;
  }
}

/**
 * The terminal of this process.
 *
 * A reader such as `head` that closes the pipe is not a failure. A device that cannot be written, such as a full disk, is reported, and the
 * process ends with code 2 whatever the command returns. In both cases `out` throws `OutputEnded` from then on.
 */
export const processTerminal = (): Terminal => {
  let ended: OutputEnded | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (ended) return;
    ended = new OutputEnded(error.code === "EPIPE" ? 0 : 2);
    if (ended.code === 0) return;
    process.stderr.write(
      `standard output: it cannot be written (${reasonOf(error)}), expected a terminal, a pipe or a file with space.\n`,
    );
    endAtLeastWith(ended.code);
  });
  // Errors of standard error cannot be reported anywhere.
  process.stderr.on("error", () => {});
  return {
    out: (text) => {
      if (ended) throw ended;
      process.stdout.write(printable(text));
    },
    err: (text) => {
      process.stderr.write(printable(text));
    },
    draw: progressBar(process.stderr),
    ...(process.stdout.isTTY && { columns: process.stdout.columns }),
  };
};

/** A terminal for commands that do more than print: they continue when standard output is closed, which is reported once. */
export const goingOn = (terminal: Terminal): Terminal => {
  let isUnread = false;
  return {
    ...terminal,
    out: (text) => {
      if (isUnread) return;
      try {
        terminal.out(text);
      } catch (error) {
        if (!(error instanceof OutputEnded) || error.code !== 0) throw error;
        isUnread = true;
        terminal.err("rangeflow: standard output was closed; training continues without it.\n");
      }
    },
  };
};
