/** @file The attempts at a run in a store of objects: their keys and numbers, what they have saved, and what is left of them. */
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

/** Start of the keys of all objects of an attempt. */
export const attemptKey = (runId: string, number: number): string => `${runKey(runId)}${number}/`;

/** Key of what an attempt has saved last. */
export const savedKey = (runId: string, number: number): string => `${attemptKey(runId, number)}saved.json`;

/** Numbers of the attempts at a run that have begun, the newest first. */
export const attemptNumbers = async (objects: ObjectStore, runId: string): Promise<readonly number[]> => {
  const start = runKey(runId);
  const numbers = (await objects.list(start)).map((key) => Number(key.slice(start.length).split("/")[0]));
  return [...new Set(numbers.filter(Number.isSafeInteger))].sort((a, b) => b - a);
};

/** Begins the next attempt at a run; its number, which no other process has. */
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

/** Makes a directory that holds what an attempt has saved; whether all of it was there. */
const filled = async (objects: ObjectStore, { files }: SavedRecord, dir: string): Promise<boolean> => {
  makeAnew(dir);
  return (await download(objects, files, dir)) === undefined;
};

/** Makes the directory of an attempt, with what the newest one before it has saved whose objects are whole. */
export const fillAttempt = async (
  objects: ObjectStore,
  runId: string,
  number: number,
  dir: string,
): Promise<void> => {
  for (const before of await attemptNumbers(objects, runId)) {
    if (before >= number) continue;
    const read = (): Promise<SavedRecord | undefined> => savedRecordIn(objects, savedKey(runId, before));
    // Where objects are missing since it has saved anew meanwhile, what it has saved then is tried.
    let saved = await read();
    while (saved !== undefined) {
      if (await filled(objects, saved, dir)) return;
      const now = await read();
      saved = now && encodeJson(now) !== encodeJson(saved) ? now : undefined;
    }
  }
  makeAnew(dir);
};

/** Removes all objects of the attempts at a run that the committed one does not consist of. */
export const removeAttempts = async (
  objects: ObjectStore,
  runId: string,
  { files }: CommittedRecord,
): Promise<void> => {
  const kept = new Set(objectsOf(files));
  await objects.remove((await objects.list(runKey(runId))).filter((key) => !kept.has(key)));
};
