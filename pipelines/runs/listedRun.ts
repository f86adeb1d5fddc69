/** @file A run in a list, from the small files of its directory, without its recording and its weights. */
import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { runNames } from "../files/runNames.ts";
import { doneRecordIn } from "./doneRecord.ts";
import { knownOutline, type SavedFacts } from "./knownOutline.ts";
import type { LearningLine } from "./learningLog.ts";
import { lastLines, type OpenRunState, openRunState } from "./openRunState.ts";
import type { Provenance } from "./provenance.ts";
import { canResume, isImported, lookAtRun } from "./runDirectory.ts";

/** State of a run. */
export type RunState =
  /** It has finished. */
  | { readonly state: "finished" }
  /** It is an imported (third-party) recording. Format, rows and sites come from its `import.json`. */
  | { readonly state: "imported"; readonly format: string; readonly rows: number; readonly sites: number }
  | OpenRunState
  /** Files that are needed to resume it cannot be read. */
  | { readonly state: "damaged"; readonly why: string };

export interface Score {
  readonly metric: string;
  readonly score: number;
}

/** A run in a list: its state, and what its small files contain. */
export type ListedRun = RunState & {
  readonly dir: string;
  /** What it is; absent if that is unknown. */
  readonly saved?: SavedFacts;
  readonly provenance?: Provenance;
  /** Training steps done; absent if unknown. */
  readonly step?: number;
  /** Training steps of the whole run. */
  readonly steps?: number;
  /** Score on the test samples, at the end or after the last finished epoch. */
  readonly score?: Score;
  /** Size of its files in bytes. */
  readonly bytes: number;
  /** Time of the last change to its files, in milliseconds since 1970. */
  readonly changed: number;
};

/** Size and last change of all files below a directory. Files that vanish meanwhile or cannot be accessed are skipped. */
const filesIn = (dir: string): Pick<ListedRun, "bytes" | "changed"> => {
  let [bytes, changed] = [0, 0];
  const visit = (path: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      try {
        if (entry.isDirectory()) visit(join(path, entry.name));
        else if (entry.isFile()) {
          const stat = lstatSync(join(path, entry.name));
          bytes += stat.size;
          if (entry.name !== runNames.lock) changed = Math.max(changed, stat.mtimeMs);
        }
      } catch {
        // Another process has renamed or removed it.
      }
  };
  visit(dir);
  return { bytes, changed };
};

const stepBehind = (line: LearningLine | undefined): number =>
  line === undefined
    ? 0
    : line.event === "epoch"
      ? line.steps
      : line.step + (line.event === "failed" ? 0 : 1);

type OpenRun = Pick<ListedRun, "saved" | "provenance" | "step" | "steps" | "score">;

/** Facts about a run that has not finished. */
const openRun = (dir: string, lines: readonly LearningLine[]): OpenRun => {
  const logged = stepBehind(lines.at(-1));
  const epoch = lines.findLast((line) => line.event === "epoch");
  const score: Pick<ListedRun, "score"> =
    epoch?.event === "epoch" && epoch.testScore !== undefined
      ? { score: { metric: epoch.metric, score: epoch.testScore } }
      : {};
  if (!canResume(dir)) return { ...(logged > 0 && { step: logged }), ...score };
  const saved = lookAtRun(dir);
  const { identity, provenance, step, epochs } = saved;
  const { batch = Number.NaN } = knownOutline(saved);
  const perEpoch =
    epoch?.event === "epoch" ? epoch.steps / epoch.epoch : Math.floor(identity.data.train / batch);
  const steps = epochs * perEpoch;
  return {
    ...{ saved, provenance, step: Math.max(step, logged), ...score },
    ...(Number.isInteger(steps) && { steps }),
  };
};

/** The result of reading from a directory, or a short text on why it failed. */
const attempt = <T>(act: () => T): T | { readonly damage: string } => {
  try {
    return act();
  } catch (error) {
    return { damage: error instanceof RangeflowFailure ? error.message : reasonOf(error) };
  }
};

const isDamage = (value: object): value is { readonly damage: string } => "damage" in value;

/** The run in a directory, whatever its state. */
export const listedRun = (dir: string): ListedRun => {
  const files = attempt(() => filesIn(dir));
  const known = { dir, ...(isDamage(files) ? { bytes: 0, changed: 0 } : files) };
  const found = attempt((): Omit<OpenRun, "score"> & Pick<ListedRun, "score"> & RunState => {
    const done = doneRecordIn(dir);
    if (done !== undefined) {
      const { metric, score } = done.done;
      return { state: "finished", saved: done, provenance: done.provenance, score: { metric, score } };
    }
    const info = isImported(dir) ? importInfoIn(dir) : undefined;
    if (info !== undefined) {
      const { format, rows, sites } = info;
      return { state: "imported", format, rows, sites };
    }
    const lines = lastLines(dir);
    return { ...openRunState(dir, lines), ...openRun(dir, lines) };
  });
  return isDamage(found) ? { ...known, state: "damaged", why: found.damage } : { ...known, ...found };
};
