import type { Arguments, Completable, Option, OwnOption } from "./args.ts";

/** Progress of a command. */
export interface Progress {
  /** Share that is done, from 0 to 1. */
  readonly share: number;
  /** Shown behind the bar. */
  readonly text: string;
}

/** Streams that a command writes to: results to standard output, progress and problems to standard error. */
export interface Terminal {
  /** Throws what ends the command where standard output takes nothing any more. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Draws a bar over the last one that was drawn, on a terminal only; without progress it clears it. */
  readonly draw: (progress?: Progress) => void;
  /** Width of standard output where it is a terminal. */
  readonly columns?: number;
}

/** One command of `rangeflow`; `run` gives the exit code. */
export interface Command {
  /** Text that the help shows behind the name. */
  readonly usage: string;
  /** Lines that the help shows below the summary. */
  readonly details?: string;
  /** Text that the help shows after the options. */
  readonly epilogue?: string;
  /** Names of the arguments that it takes beside options, in order, the last of any number if it ends in `...`; none has to be given. */
  readonly operands?: readonly string[];
  /** Values that completions offer for its operands. */
  readonly operandValues?: Completable;
  readonly options: readonly Option[];
  /**
   * Options that only show once the operands are known, such as those that a file declares; they stand for others of the same name.
   *
   * @param forHelp whether help is wanted, and nothing is run
   */
  readonly ownOptions?: (operands: readonly string[], forHelp: boolean) => Promise<readonly Option[]>;
  /** Whether it goes on when nobody reads its output any more, because it does something else as well. */
  readonly goesOn?: boolean;
  readonly run: (given: Arguments, terminal: Terminal) => Promise<number>;
}

/** Line of the table of commands: all that can be said of a command before its module is loaded, which takes a while. */
export interface CommandEntry {
  readonly name: string;
  /** One sentence, which the list of commands shows. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const trustOption: OwnOption = {
  name: "trust",
  kind: "flag",
  help: "execute files that the saved run names, if they are what they were; without it only those that you name again",
};
export const jsonOption: OwnOption = {
  name: "json",
  kind: "flag",
  help: "one JSON object a line on standard output",
};
