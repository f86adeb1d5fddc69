import type { Option } from "./args.ts";

/** Where a command writes: results to standard output, progress and problems to standard error. */
export interface Terminal {
  /** Throws what ends the command where standard output takes nothing any more. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Draws a line over the last one that was drawn, on a terminal only; an empty one clears it. */
  readonly draw: (line: string) => void;
  /** Whether standard error is a terminal, on which a line can be drawn again. */
  readonly isLive: boolean;
}

/** One command of `rangeflow`; `run` gives the exit code. */
export interface Command {
  readonly name: string;
  readonly usage: string;
  /** The first line is a sentence, which the list of commands shows. */
  readonly about: string;
  readonly options: readonly Option[];
  /** Whether it goes on when nobody reads its output any more, because it does something else as well. */
  readonly goesOn?: boolean;
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}

export const trustOption: Option = {
  name: "trust",
  kind: "flag",
  help: "execute files that the saved run names, if they are what they were; without it only those that you name again",
};
export const helpOption: Option = { name: "help", kind: "flag", letter: "h", help: "show this help" };
export const jsonOption: Option = {
  name: "json",
  kind: "flag",
  help: "one JSON object a line on standard output",
};
