/** @file The process in which `programs.ts` runs programs: it reads them from its input, and prints what has become of each. */
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Outcome, Program } from "./programs.ts";

const programs: readonly Program[] = JSON.parse(readFileSync(0, "utf8"));
const outcomes: Outcome[] = [];

/** Changes what is known of the program that runs. */
const note = (change: (now: Outcome) => Outcome): void => {
  outcomes.push(change(outcomes.pop() as Outcome));
};

const fail = (reason: string): void => note(({ printed, failed }) => ({ printed, failed: failed ?? reason }));

const textOf = (error: unknown): string => (error instanceof Error ? `${error.stack}` : String(error));

let isLoaded = true;
let isDone = false;

const begin = async ({ file, cwd, args }: Program): Promise<void> => {
  outcomes.push({ printed: "", failed: undefined });
  process.chdir(cwd);
  process.argv.splice(1, process.argv.length, file, ...args);
  isLoaded = false;
  await import(pathToFileURL(file).href);
  isLoaded = true;
};

process.stdout.write = (text: string | Uint8Array): boolean => {
  note(({ printed, failed }) => ({ printed: `${printed}${text}`, failed }));
  return true;
};
// Promises that nobody caught come here, too.
process.on("uncaughtException", (error) => fail(textOf(error)));
process.on("beforeExit", () => {
  if (outcomes.length > 0 && !isLoaded) fail("it waits for what never comes");
  if (outcomes.length > 0 && process.exitCode) fail(`exit code ${process.exitCode}`);
  process.exitCode = 0;
  const next = programs[outcomes.length];
  // In a turn of its own, after which this is asked again, also where the program has nothing to wait for.
  if (next) setImmediate(begin, next);
  else isDone = true;
});
process.on("exit", () => {
  if (!isDone) fail("it has ended the process");
  process.exitCode = 0;
  writeFileSync(1, JSON.stringify(outcomes));
});
