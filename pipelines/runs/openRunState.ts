/** @file State of a run that has not finished, from its lock and the end of its log. */
import { existsSync } from "node:fs";
import { linesIn } from "../files/eventLog.ts";
import { holderText } from "../files/holder.ts";
import { holderOf } from "../files/lock.ts";
import { openRegular } from "../files/regularFile.ts";
import { type LearningLine, learningLines, learningLogIn } from "./learningLog.ts";

/** State of a run that has not finished. */
export type OpenRunState =
  /** A living process works on it. */
  | { readonly state: "going on"; readonly holder: string }
  /** No process works on it. */
  | { readonly state: "stopped" }
  /** It has failed, and no process works on it. */
  | { readonly state: "failed"; readonly why: string };

/** Bytes read at the end of a log: some hundred steps, hence the last epoch of most runs that train fast. */
const tail = 2 ** 16;

/** The last lines of the log of a run. */
export const lastLines = (dir: string): readonly LearningLine[] => {
  const path = learningLogIn(dir);
  if (!existsSync(path)) return [];
  const { size, read, close } = openRegular(path, "the events of a run");
  try {
    const from = Math.max(0, size - tail);
    const bytes = read(from, size);
    const whole = from === 0 ? bytes : bytes.subarray(bytes.indexOf("\n".charCodeAt(0)) + 1);
    return learningLines(linesIn(path, whole).lines);
  } finally {
    close();
  }
};

/**
 * State of a run that has not finished.
 *
 * @param dir directory of the run
 * @param lines last lines of its log. Default: read from the log if no process works on the run
 * @throws `RangeflowFailure` if the log is damaged
 */
export const openRunState = (dir: string, lines?: readonly LearningLine[]): OpenRunState => {
  const holder = holderOf(dir);
  if (holder) return { state: "going on", holder: holderText(holder) };
  const last = (lines ?? lastLines(dir)).at(-1);
  return last?.event === "failed" ? { state: "failed", why: last.why } : { state: "stopped" };
};
