/**
 * @file A store of objects, such as a bucket of an S3 service.
 *
 *     PREFIX/.committed/NAME.json            a committed run: its attempt, its end, and the objects that its files consist of
 *     PREFIX/.attempts/KEY/N/began.json      attempt N of a run has begun
 *     PREFIX/.attempts/KEY/N/saved.json      what it has saved last: the objects that the files consist of
 *     PREFIX/.attempts/KEY/N/files/000000    those objects
 *     PREFIX/.sweep/KIND/NAME                documents
 *
 * Attempts are numbered by creating `began.json`, and a run is committed by creating `NAME.json`, each only if it does not exist. Objects
 * of saved files are never overwritten, so a saved state stays usable until `saved.json` names a newer one. Objects of other attempts are
 * removed only after a run is committed, because until then an older attempt may still be.
 */
import { join } from "node:path";
import { mirrorIn } from "./mirror.ts";
import { committedKey, objectAttempt } from "./objectAttempt.ts";
import { fillAttempt, nextAttempt, removeAttempts } from "./objectAttempts.ts";
import { objectDocuments } from "./objectDocuments.ts";
import { fewAtATime, type ObjectStore } from "./objectStore.ts";
import { type Attempt, checkRun, type Store, type StoredRun } from "./store.ts";
import { committedRecordIn } from "./storedRecords.ts";
import { removeAtOnce } from "./takeOver.ts";

/**
 * A store of objects.
 *
 * @param objects objects below the prefix of the store
 * @param dir local directory for committed runs and for runs while they are trained
 */
export const s3Store = (objects: ObjectStore, dir: string): Store => {
  const mirror = mirrorIn(dir);
  const documents = objectDocuments(objects);

  const begin = async (run: StoredRun): Promise<Attempt | undefined> => {
    checkRun(run);
    const { name, runId } = run;
    const committed = await committedRecordIn(objects, committedKey(name));
    if (committed !== undefined) {
      await removeAttempts(objects, runId, committed);
      return undefined;
    }
    await documents.check();
    mirror.make();
    mirror.clean();
    const number = await nextAttempt(objects, runId);
    const own = join(dir, `.attempt-${runId}-${number}`);
    try {
      await fillAttempt(objects, runId, number, own);
    } catch (error) {
      removeAtOnce(own);
      throw error;
    }
    return objectAttempt(objects, run, number, own);
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
