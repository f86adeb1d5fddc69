/**
 * @file A store of objects, such as a bucket of an S3 service.
 *
 *     PREFIX/.committed/NAME.json            a committed run: its attempt, its end, and the objects that its files consist of
 *     PREFIX/.attempts/KEY/N/began.json      attempt N of a run has begun
 *     PREFIX/.attempts/KEY/N/saved.json      what it has saved last: the objects that the files consist of
 *     PREFIX/.attempts/KEY/N/files/000000    those objects
 *     PREFIX/.sweep/KIND/NAME                documents
 *
 * Attempts are numbered by writing `began.json` only where it is not, and a run is committed by writing `NAME.json` only where it is not.
 * What saved files consist of is never written again under the same key, so what was saved before stays usable until `saved.json`
 * names something newer. Objects of other attempts are removed once a run is committed, and not before: an older one may be, up
 * to that moment.
 */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { cannotWrite } from "../files/fileErrors.ts";
import { encodeJson } from "../files/json.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import { mirrorIn } from "./mirror.ts";
import { objectDocuments } from "./objectDocuments.ts";
import { bytesOf, fewAtATime, type ObjectStore } from "./objectStore.ts";
import { download, objectsOf, uploader } from "./savedFiles.ts";
import { snapshotOf } from "./snapshot.ts";
import { type Attempt, type Commit, checkRun, notEnded, type Store, type StoredRun } from "./store.ts";
import {
  type CommittedRecord,
  committedRecordIn,
  endOf,
  hasEnd,
  recordBytes,
  type SavedRecord,
  savedRecordIn,
} from "./storedRecords.ts";
import { removeAtOnce } from "./takeOver.ts";

const committedKey = (name: string): string => `.committed/${name}.json`;
const runKey = (key: string): string => `.attempts/${key}/`;
const attemptKey = (key: string, number: number): string => `${runKey(key)}${number}/`;

const numbersIn = (key: string, keys: readonly string[]): readonly number[] => {
  const numbers = keys.map((each) => Number(each.slice(runKey(key).length).split("/")[0]));
  return [...new Set(numbers.filter(Number.isSafeInteger))].sort((a, b) => b - a);
};

const makeAnew = (dir: string): void => {
  removeAtOnce(dir);
  try {
    mkdirSync(dir);
  } catch (error) {
    throw cannotWrite(dir, error);
  }
};

/** One after the other, whoever calls when. */
const inTurn = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(act: () => Promise<T>): Promise<T> => {
    const next = last.then(act);
    last = next.catch(() => {});
    return next;
  };
};

/**
 * @param objects below the prefix of the store
 * @param dir directory of this machine for committed runs and for runs while they are trained
 */
export const s3Store = (objects: ObjectStore, dir: string): Store => {
  const mirror = mirrorIn(dir);
  const documents = objectDocuments(objects);

  const numbersOf = async (key: string): Promise<readonly number[]> =>
    numbersIn(key, await objects.list(runKey(key)));

  /** Removes all objects of a run that a committed one does not consist of. */
  const clean = async (key: string, { files }: CommittedRecord): Promise<void> => {
    const kept = new Set(objectsOf(files));
    await objects.remove((await objects.list(runKey(key))).filter((each) => !kept.has(each)));
  };

  const nextAttempt = async (key: string): Promise<number> => {
    for (;;) {
      const number = 1 + ((await numbersOf(key))[0] ?? 0);
      const who = {
        host: hostname(),
        pid: process.pid,
        began: new Date().toISOString(),
        token: randomUUID(),
      };
      const began = `${attemptKey(key, number)}began.json`;
      if (await objects.putNew(began, bytesOf(encodeJson(who)))) return number;
    }
  };

  /** Makes the directory of an attempt, with what an older one has saved; whether all of it was there. */
  const filled = async (own: string, saved: SavedRecord): Promise<boolean> => {
    makeAnew(own);
    return (await download(objects, saved.files, own)) === undefined;
  };

  /** Makes the directory of an attempt, with what the newest one before it has saved whose objects are whole. */
  const fill = async (key: string, number: number, own: string): Promise<void> => {
    for (const before of await numbersOf(key)) {
      if (before >= number) continue;
      const read = (): Promise<SavedRecord | undefined> =>
        savedRecordIn(objects, `${attemptKey(key, before)}saved.json`);
      // Where objects are missing since it has saved anew meanwhile, what it has saved then is tried.
      let saved = await read();
      while (saved !== undefined) {
        if (await filled(own, saved)) return;
        const now = await read();
        saved = now && encodeJson(now) !== encodeJson(saved) ? now : undefined;
      }
    }
    makeAnew(own);
  };

  const attemptAt = ({ name, runId }: StoredRun, number: number, own: string): Attempt => {
    const start = attemptKey(runId, number);
    const { upload } = uploader(objects, `${start}files/`);
    const turn = inTurn();
    let saved: readonly string[] = [];

    const isNewest = async (): Promise<boolean> => (await numbersOf(runId))[0] === number;

    const save = async (): Promise<void> => {
      const snapshot = await snapshotOf(own);
      if (snapshot === undefined) return;
      try {
        const files = await upload(snapshot, false);
        await objects.put(`${start}saved.json`, recordBytes({ files }));
        const now = new Set(objectsOf(files));
        await objects.remove(saved.filter((each) => !now.has(each)));
        saved = [...now];
      } finally {
        snapshot.close();
      }
    };

    /** Compares what this attempt has ended with, and lets go of it. */
    const compared = async (committed: CommittedRecord): Promise<Commit> => {
      const record = doneRecordIn(own);
      await clean(runId, committed);
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
          await clean(runId, committed);
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

  const begin = async (run: StoredRun): Promise<Attempt | undefined> => {
    checkRun(run);
    const { name, runId } = run;
    const committed = await committedRecordIn(objects, committedKey(name));
    if (committed !== undefined) {
      await clean(runId, committed);
      return undefined;
    }
    await documents.check();
    mirror.make();
    mirror.clean();
    const number = await nextAttempt(runId);
    const own = join(dir, `.attempt-${runId}-${number}`);
    try {
      await fill(runId, number, own);
    } catch (error) {
      removeAtOnce(own);
      throw error;
    }
    return attemptAt(run, number, own);
  };

  const committed = async (): Promise<ReadonlySet<string>> => {
    const start = committedKey("").slice(0, -".json".length);
    const keys = await objects.list(start);
    return new Set(keys.map((key) => key.slice(start.length).replace(/\.json$/, "")));
  };

  const fetch = async (name: string, part: "record" | "whole"): Promise<void> => {
    checkRun({ name, runId: name });
    const record = await committedRecordIn(objects, committedKey(name));
    if (record === undefined) return;
    mirror.make();
    await mirror.fetch(objects, name, record, part);
  };

  return {
    place: objects.place,
    dir,
    committed,
    fetch,
    fetchAll: async (part) => {
      const names = await committed();
      mirror.keepOnly(names);
      await fewAtATime([...names], (name) => fetch(name, part));
    },
    begin,
    documents,
  };
};
