/** @file View of a run of another process, folded from its files as they grow. */
import { existsSync } from "node:fs";
import { fileNow } from "../files/fileNow.ts";
import { followLog } from "../files/followLog.ts";
import { followRecording } from "../files/followRecording.ts";
import { lockNow, patience } from "../files/lock.ts";
import { recovered } from "../files/recovered.ts";
import { bucketsFor, foldLine, foldRows } from "../report/readRunView.ts";
import { detectionsIn } from "../runs/detectionFile.ts";
import { donePath, doneRecordIn } from "../runs/doneRecord.ts";
import { learningLines, learningLogIn } from "../runs/learningLog.ts";
import { homeOf, isImported, rangesIn } from "../runs/runDirectory.ts";
import type { RunStatus } from "../views/liveMessage.ts";
import { openView } from "../views/openView.ts";
import { savedDetections, savedFacts } from "./pastOf.ts";
import { finished, live, newGeneration, type ShownRun } from "./shownRun.ts";

/** Result of reading; adds a message to `missing` if a file is damaged. */
const attempt = (missing: string[], act: () => boolean): boolean =>
  recovered(act, ({ message }) => {
    missing.push(message);
    return true;
  });

/** Follows the files of a directory as long as they only grow. */
const following = (home: string, name: string) => {
  const open = openView(name, bucketsFor);
  const recording = followRecording(rangesIn(home));
  const log = followLog(learningLogIn(home));
  let missing: readonly string[] = [];
  let done: string | undefined;
  let found: string | undefined;
  let failure: string | undefined;
  let hasFacts = false;

  const readLog = (): boolean => {
    const lines = log.read();
    for (const line of learningLines(lines ?? [])) {
      const epoch = foldLine(open.fold, line);
      if (epoch) open.addEpoch(epoch);
      if (line.event === "failed") failure = line.why;
    }
    return lines !== undefined;
  };
  const readDone = (): boolean => {
    const now = fileNow(donePath(home))?.key;
    if (now === done) return true;
    if (done !== undefined) return false;
    const record = doneRecordIn(home);
    if (record) open.setHead({ done: record.done, state: "finished" });
    done = now;
    return true;
  };
  const readFound = (): boolean => {
    const now = fileNow(detectionsIn(home))?.key;
    const detections = now === found ? undefined : savedDetections(home);
    if (detections) open.setHead({ detections });
    found = now;
    return true;
  };
  const readFacts = (): boolean => {
    if (!hasFacts && isImported(home)) open.setHead({ state: "imported" });
    const facts = hasFacts ? undefined : savedFacts(home, open);
    if (facts) open.setHead({ facts });
    hasFacts ||= facts !== undefined;
    return true;
  };

  return {
    open,
    generation: newGeneration(),
    isDone: () => done !== undefined,
    failure: () => failure,
    isForeign: () => isImported(home),
    /** Reads what is new. False if earlier parts are no longer valid. */
    read: (): boolean => {
      const sentences: string[] = [];
      const holds = [
        () => recording.read((columns) => foldRows(open.fold, columns)),
        readLog,
        readDone,
        readFacts,
        readFound,
      ].every((act) => attempt(sentences, act));
      if (sentences.join() !== missing.join()) {
        missing = sentences;
        open.setHead({ missing });
      }
      return holds;
    },
  };
};

/** Whether a process works in a directory. A process on another host does as long as its lock is touched. */
const watchedLock = (dir: string) => {
  let [beat, since] = [0, 0];
  return (): boolean => {
    const now = lockNow(dir);
    if (now === undefined) return false;
    if (now.beat !== beat) [beat, since] = [now.beat, performance.now()];
    return now.isAlive ?? performance.now() - since < patience;
  };
};

const silent = (text: string): RunStatus => ({ state: "silent", text });

/**
 * Follows a run. Each call of the returned function reads its files.
 *
 * @param dir directory of the run, which must exist
 * @param name name on the page. Default: `dir`
 */
export const watchedRun = (dir: string, name = dir): (() => ShownRun) => {
  const home = homeOf(dir) ?? dir;
  const isHeld = watchedLock(home);
  let followed = following(home, name);
  const statusNow = (): RunStatus => {
    if (followed.isDone()) return finished;
    const steps = followed.open.fold.steps();
    if (!existsSync(home)) return silent(`${home} is gone; this is what it held`);
    if (isHeld()) return live;
    const failure = followed.failure();
    if (failure !== undefined) return { state: "failed", text: `failed: ${failure}` };
    if (followed.isForeign()) return silent(`a foreign recording of steps up to ${steps - 1}`);
    return steps === 0
      ? silent(`no run in ${home} yet`)
      : silent(`no process trains this run; it was stopped or killed after step ${steps}`);
  };
  let status: RunStatus = live;
  return () => {
    // If the directory is gone, what is shown stays.
    if (existsSync(home) && !followed.read()) {
      followed = following(home, name);
      followed.read();
    }
    const now = statusNow();
    if (now.text !== status.text || now.state !== status.state) status = now;
    return { open: followed.open, generation: followed.generation, status };
  };
};
