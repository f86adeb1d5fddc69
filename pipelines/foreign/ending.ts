/** @file How a process of ours ends: with what it has to say, and not because a module of a user's own wants it to. */
import { writeSync } from "node:fs";
import { describe, problem, thrownText } from "../../core/errors.ts";
import { loadedFiles } from "./loadedFiles.ts";

let isExpected = false;
let least = 0;

/** Ends the process with at least this code, whatever code it is ended with. */
export const endAtLeastWith = (code: number): void => {
  least = Math.max(least, code);
};

/** Settles the exit code: what listeners of a module do about it from now on, by `process.exitCode` or `process.exit`, changes nothing. */
const settleCode = (code: number): void => {
  // Where `process.exit` ends, in every version of Node; `process.exitCode` cannot be redefined.
  const ending = process as unknown as { reallyExit: (code: number) => never };
  const { reallyExit } = ending;
  ending.reallyExit = () => reallyExit.call(process, code || least);
};

/** Ends the process, which is what it was meant to do. */
export const endProcess = (code: number): never => {
  isExpected = true;
  settleCode(code);
  process.exit(code);
};

const waiting = (): string => {
  const files = loadedFiles();
  return `${files.length === 0 ? "a module" : files.join(", ")} waits for something that never happens`;
};

const sentenceOf = (code: number, isIdle: boolean, what: string): string =>
  describe(
    isIdle
      ? problem(what, "nothing left to wait for", "its completion", waiting())
      : problem(what, `process.exit(${code}) before it completed`, "a process that keeps running", hintFor()),
  );

const hintFor = (): string => {
  const files = loadedFiles();
  return files.length === 0 ? "only rangeflow may end it" : `${files.join(", ")} must not end it`;
};

/** An error that nobody caught: of a module, if there are any, else a mistake of ours with all that is known of it. */
const uncaughtText = (error: unknown): { readonly text: string; readonly code: number } => {
  const files = loadedFiles();
  const stack = error instanceof Error ? String(error.stack) : "";
  const own = files.filter((file) => stack.includes(file));
  const blamed = own.length > 0 ? own : files;
  if (blamed.length === 0 || thrownText(error).startsWith("internal:"))
    return { text: stack || thrownText(error), code: 1 };
  const found = `an error in a timer or a promise that was not caught: ${thrownText(error)}`;
  return {
    text: describe(problem(blamed.join(", "), found, "errors that are caught, or that end a stream")),
    code: 2,
  };
};

/**
 * Ends this process with a sentence and a code that is not 0 where a module ends it, where nothing is left that could finish what it does, and
 * where an error comes from nowhere.
 *
 * @param what the process does, for a sentence
 * @param tell hears of an error that nobody caught, before the process ends
 */
export const guardEnding = (what: string, tell: (sentence: string, end: () => void) => void): void => {
  let isIdle = false;
  process.on("beforeExit", () => {
    isIdle = true;
  });
  process.on("exit", (code) => {
    if (isExpected) return;
    settleCode(code === 0 || code === 13 ? 2 : code);
    writeSync(2, `${sentenceOf(code, isIdle, what)}\n`);
    process.exit();
  });
  process.on("uncaughtException", (error) => {
    const { text, code } = uncaughtText(error);
    tell(text, () => endProcess(code));
  });
};
