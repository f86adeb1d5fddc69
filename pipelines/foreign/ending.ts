/** @file How a Rangeflow process ends: after its last message, and not because a user module ends it. */
import { writeSync } from "node:fs";
import { describe, problem, thrownText } from "../../core/errors.ts";
import { loadedFiles } from "./loadedFiles.ts";

let isExpected = false;
let least = 0;

/** Ends the process with at least this exit code, whatever code others set. */
export const endAtLeastWith = (code: number): void => {
  least = Math.max(least, code);
};

/** Fixes the exit code. User modules cannot change it any more, by `process.exitCode` or `process.exit`. */
const settleCode = (code: number): void => {
  // `process.exit` ends here in every version of Node; `process.exitCode` cannot be redefined.
  const ending = process as unknown as { reallyExit: (code: number) => never };
  const { reallyExit } = ending;
  ending.reallyExit = () => reallyExit.call(process, code || least);
};

/** Ends the process as intended. */
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

/** Text of an uncaught error: of a user module if any is loaded, otherwise of a bug, with all details. */
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
 * Ends this process with a message and a non-zero exit code if a module ends it, if nothing is left that could complete its work, or if
 * an error is not caught.
 *
 * @param what what the process does, for the message
 * @param tell called with the message of an uncaught error before the process ends
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
