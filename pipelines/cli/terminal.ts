/** @file The streams of this process, and what becomes of a command whose output nobody takes. */
import { reasonOf } from "../files/fileErrors.ts";
import { endAtLeastWith } from "../foreign/ending.ts";
import type { Terminal } from "./command.ts";
import { printable } from "./printable.ts";
import { progressBar } from "./progressBar.ts";

/** Standard output takes nothing any more; `code` is what a command ends with that is run for its output alone. */
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
 * A reader that has seen enough, such as `head`, closes the pipe, which is no failure; a device that takes nothing, as a full disk, is
 * told as a sentence, and the process ends with code 2 however the command does. In both cases `out` throws `OutputEnded` from then on.
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
  // There is nowhere left to say it.
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

/** A terminal for what is done for more than its output: it goes on when nobody reads that any more, and says so once. */
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
        terminal.err("rangeflow: nobody reads standard output any more; training goes on without it.\n");
      }
    },
  };
};
