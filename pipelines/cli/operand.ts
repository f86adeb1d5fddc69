/** @file Operands that a command cannot do without. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Arguments } from "./args.ts";

/** An operand that a command needs. */
export interface Operand {
  /** Name of the command, without `rangeflow`. */
  readonly command: string;
  /** Short name for the sentence "no ..": `directory`. */
  readonly what: string;
  /** Description: `the directory of a run`. */
  readonly expected: string;
  /** Usage behind the name of the command: `DIR`. */
  readonly usage: string;
}

/** Failure of a command whose operand is missing: `rangeflow replay: no directory, expected the directory of a run: rangeflow replay DIR.` */
export const missingOperand = ({ command, what, expected, usage }: Operand): RangeflowFailure =>
  new RangeflowFailure(
    problem(`rangeflow ${command}`, `no ${what}`, `${expected}: rangeflow ${command} ${usage}`),
  );

/**
 * The first operand of a command.
 *
 * @throws `RangeflowFailure` with the usage of the command if it is missing
 */
export const operandIn = ({ positionals }: Pick<Arguments, "positionals">, operand: Operand): string => {
  const [first] = positionals;
  if (first === undefined) throw missingOperand(operand);
  return first;
};

/** The directory of a run, the operand of most commands. */
export const runOperand = (command: string, usage: string): Operand => ({
  command,
  what: "directory",
  expected: "the directory of a run",
  usage,
});
