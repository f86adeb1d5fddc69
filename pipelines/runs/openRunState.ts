/** @file How a run that has not ended is doing: from its lock and the end of its log. */
import { existsSync } from "node:fs";
import { linesIn } from "../files/eventLog.ts";
import { holderText } from "../files/holder.ts";
import { holderOf } from "../files/lock.ts";
import { openRegular } from "../files/regularFile.ts";
import { type LearningLine, learningLines, learningLogIn } from "./learningLog.ts";

/** How a run is doing that has not gone to its end. */
export type OpenRunState =
  /** A living process works on it. */
  | { readonly state: "going on"; readonly holder: string }
  /** It has not ended, and nobody works on it. */
  | { readonly state: "stopped" }
  /** It has ended with an error, and nobody works on it. */
  | { readonly state: "failed"; readonly why: string };

/** Bytes at the end of a log that are looked at: those of some hundred steps, so of the last epoch in most runs that train fast. */
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
 * The state of a run that has not ended.
 *
 * @param dir of the run
 * @param lines the last ones of its log, which is read where they are missing and nobody works on the run
 * @throws `RangeflowFailure` where the log is damaged
 */
export const openRunState = (dir: string, lines?: readonly LearningLine[]): OpenRunState => {
  const holder = holderOf(dir);
  if (holder) return { state: "going on", holder: holderText(holder) };
  const last = (lines ?? lastLines(dir)).at(-1);
  return last?.event === "failed" ? { state: "failed", why: last.why } : { state: "stopped" };
};
