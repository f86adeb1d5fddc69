/** @file Attempts at a run in an object store: keys and numbers, saved states, and cleanup. */
import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { cannotWrite } from "../files/fileErrors.ts";
import { encodeJson } from "../files/json.ts";
import { bytesOf, type ObjectStore } from "./objectStore.ts";
import { download, objectsOf } from "./savedFiles.ts";
import { type CommittedRecord, type SavedRecord, savedRecordIn } from "./storedRecords.ts";
import { removeAtOnce } from "./takeOver.ts";

const runKey = (runId: string): string => `.attempts/${runId}/`;

/** Common prefix of the keys of an attempt's objects. */
export const attemptKey = (runId: string, number: number): string => `${runKey(runId)}${number}/`;

/** Key of the latest state that an attempt has saved. */
export const savedKey = (runId: string, number: number): string => `${attemptKey(runId, number)}saved.json`;

/** Numbers of the attempts at a run that have begun, latest first. */
export const attemptNumbers = async (objects: ObjectStore, runId: string): Promise<readonly number[]> => {
  const start = runKey(runId);
  const numbers = (await objects.list(start)).map((key) => Number(key.slice(start.length).split("/")[0]));
  return [...new Set(numbers.filter(Number.isSafeInteger))].sort((a, b) => b - a);
};

/** Begins the next attempt at a run. Returns its number, which no other process has. */
export const nextAttempt = async (objects: ObjectStore, runId: string): Promise<number> => {
  for (;;) {
    const number = 1 + ((await attemptNumbers(objects, runId))[0] ?? 0);
    const who = {
      host: hostname(),
      pid: process.pid,
      began: new Date().toISOString(),
      token: randomUUID(),
    };
    const began = `${attemptKey(runId, number)}began.json`;
    if (await objects.putNew(began, bytesOf(encodeJson(who)))) return number;
  }
};

const makeAnew = (dir: string): void => {
  removeAtOnce(dir);
  try {
    mkdirSync(dir);
  } catch (error) {
    throw cannotWrite(dir, error);
  }
};

/** Creates a directory with what an attempt has saved. Returns whether it was complete. */
const filled = async (objects: ObjectStore, { files }: SavedRecord, dir: string): Promise<boolean> => {
  makeAnew(dir);
  return (await download(objects, files, dir)) === undefined;
};

/** Creates the directory of an attempt, with the state saved by the latest earlier attempt whose objects are complete. */
export const fillAttempt = async (
  objects: ObjectStore,
  runId: string,
  number: number,
  dir: string,
): Promise<void> => {
  for (const before of await attemptNumbers(objects, runId)) {
    if (before >= number) continue;
    const read = (): Promise<SavedRecord | undefined> => savedRecordIn(objects, savedKey(runId, before));
    // If objects are missing because the attempt has saved a new state meanwhile, that one is tried.
    let saved = await read();
    while (saved !== undefined) {
      if (await filled(objects, saved, dir)) return;
      const now = await read();
      saved = now && encodeJson(now) !== encodeJson(saved) ? now : undefined;
    }
  }
  makeAnew(dir);
};

/** Removes all objects of a run's attempts that the committed one does not use. */
export const removeAttempts = async (
  objects: ObjectStore,
  runId: string,
  { files }: CommittedRecord,
): Promise<void> => {
  const kept = new Set(objectsOf(files));
  await objects.remove((await objects.list(runKey(runId))).filter((key) => !kept.has(key)));
};
