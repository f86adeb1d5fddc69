import type { Arguments, Completable, Option, OwnOption } from "./args.ts";

/** Progress of a command. */
export interface Progress {
  /** Share done, from 0 to 1. */
  readonly share: number;
  /** Text after the bar. */
  readonly text: string;
}

/** The output of a command: results go to standard output, progress and errors to standard error. */
export interface Terminal {
  /** Writes to standard output; throws `OutputEnded`, which ends the command, once standard output is closed or fails. */
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Draws a progress bar in place of the last one, on a terminal only; without progress it clears the bar. */
  readonly draw: (progress?: Progress) => void;
  /** Width of standard output in characters; undefined if it is not a terminal. */
  readonly columns?: number;
}

/** One command of `rangeflow`; `run` returns the exit code. */
export interface Command {
  /** Usage after the name of the command, for the help. */
  readonly usage: string;
  /** Lines below the summary, for the help. */
  readonly details?: string;
  /** Text after the options, for the help. */
  readonly epilogue?: string;
  /** Names of the operands in order; the last takes any number if it ends in `...`. The parser requires none. */
  readonly operands?: readonly string[];
  /** Values that completions offer for the operands. */
  readonly operandValues?: Completable;
  readonly options: readonly Option[];
  /**
   * Options that depend on the operands, such as those that a file declares; they replace options of the same name.
   *
   * @param forHelp whether only help is shown and nothing runs
   */
  readonly ownOptions?: (operands: readonly string[], forHelp: boolean) => Promise<readonly Option[]>;
  /** Whether it continues after its standard output is closed, because it does more than print. */
  readonly goesOn?: boolean;
  readonly run: (given: Arguments, terminal: Terminal) => Promise<number>;
}

/** A row of the table of commands: what is known before the module of the command is loaded, which is slow. */
export interface CommandEntry {
  readonly name: string;
  /** One sentence for the list of commands. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

export const trustOption: OwnOption = {
  name: "trust",
  kind: "flag",
  help: "execute the code files that the saved run names, if they are unchanged; without it only files that you name again are executed",
};
export const jsonOption: OwnOption = {
  name: "json",
  kind: "flag",
  help: "print JSON, one object per line, to standard output",
};
