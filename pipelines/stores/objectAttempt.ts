/** @file One attempt at a run in an object store: what it saves, and how it is committed. */
import { doneRecordIn } from "../runs/doneRecord.ts";
import { attemptKey, attemptNumbers, removeAttempts, savedKey } from "./objectAttempts.ts";
import type { ObjectStore } from "./objectStore.ts";
import { objectsOf, uploader } from "./savedFiles.ts";
import { snapshotOf } from "./snapshot.ts";
import { type Attempt, type Commit, notEnded, type StoredRun } from "./store.ts";
import { type CommittedRecord, committedRecordIn, endOf, hasEnd, recordBytes } from "./storedRecords.ts";
import { removeAtOnce } from "./takeOver.ts";

/** Key of the record of a committed run. */
export const committedKey = (name: string): string => `.committed/${name}.json`;

/** Runs calls one after the other. */
const inTurn = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(act: () => Promise<T>): Promise<T> => {
    const next = last.then(act);
    last = next.catch(() => {});
    return next;
  };
};

/** @param own local directory in which the run is trained */
export const objectAttempt = (
  objects: ObjectStore,
  { name, runId }: StoredRun,
  number: number,
  own: string,
): Attempt => {
  const { upload } = uploader(objects, `${attemptKey(runId, number)}files/`);
  const turn = inTurn();
  let saved: readonly string[] = [];

  const isNewest = async (): Promise<boolean> => (await attemptNumbers(objects, runId))[0] === number;

  const save = async (): Promise<void> => {
    const snapshot = await snapshotOf(own);
    if (snapshot === undefined) return;
    try {
      const files = await upload(snapshot, false);
      await objects.put(savedKey(runId, number), recordBytes({ files }));
      const now = new Set(objectsOf(files));
      await objects.remove(saved.filter((each) => !now.has(each)));
      saved = [...now];
    } finally {
      snapshot.close();
    }
  };

  /** Compares the result of this attempt with the committed one, and releases the attempt. */
  const compared = async (committed: CommittedRecord): Promise<Commit> => {
    const record = doneRecordIn(own);
    await removeAttempts(objects, runId, committed);
    if (record === undefined) return "superseded";
    return hasEnd(committed, endOf(record)) ? "same" : "other";
  };

  const commit = async (): Promise<Commit> => {
    const before = await committedRecordIn(objects, committedKey(name));
    if (before !== undefined) return compared(before);
    if (!(await isNewest())) return "superseded";
    const record = doneRecordIn(own);
    const snapshot = record && (await snapshotOf(own));
    if (record === undefined || snapshot === undefined) throw notEnded(own);
    try {
      const files = await upload(snapshot, true);
      const committed = { runId, attempt: number, ...endOf(record), files };
      if (await objects.putNew(committedKey(name), recordBytes(committed))) {
        await removeAttempts(objects, runId, committed);
        return "committed";
      }
    } finally {
      snapshot.close();
    }
    return compared((await committedRecordIn(objects, committedKey(name))) as CommittedRecord);
  };

  return {
    number,
    dir: own,
    save: () => turn(save),
    isNewest,
    commit: () => turn(commit),
    leave: () => turn(async () => removeAtOnce(own)),
  };
};
