/** @file A directory of this machine that holds committed runs of a store of objects, and attempts at runs while they are trained here. */
import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { writeTextAtomically } from "../files/atomic.ts";
import { cannotWrite, codeOf } from "../files/fileErrors.ts";
import { holderOf } from "../files/lock.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { sha256Of } from "../files/sha256.ts";
import { linkStatAt } from "../files/statAt.ts";
import { donePath } from "../runs/doneRecord.ts";
import type { ObjectStore } from "./objectStore.ts";
import { download, type SavedFiles } from "./savedFiles.ts";
import { type CommittedRecord, recordBytes } from "./storedRecords.ts";
import { removeAtOnce } from "./takeOver.ts";

/**
 * Directory of the mirror of a store: below RANGEFLOW_CACHE where the environment names one, else below the user's cache.
 *
 * @param place `s3://BUCKET/PREFIX`
 * @param endpoint address of the service, since others have buckets of the same names
 */
export const mirrorOf = (
  place: string,
  endpoint: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): string => {
  const system = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  const cache = environment.RANGEFLOW_CACHE || join(system, "rangeflow");
  const hash = sha256Of(`${endpoint ?? ""} ${place}`).slice(0, 8);
  return resolve(cache, `${place.slice("s3://".length).replaceAll("/", "_").slice(0, 100)}-${hash}`);
};

/** Says which committed run, and which part of it, a directory of the mirror holds. */
const marker = ".fetched";

const markOf = (committed: CommittedRecord, part: "record" | "whole"): string =>
  `${part} ${sha256Of(recordBytes(committed))}\n`;

const markIn = (dir: string): string | undefined => {
  try {
    return readFileSync(join(dir, marker), "utf8");
  } catch {
    return undefined;
  }
};

const partOf = (files: SavedFiles, part: "record" | "whole"): SavedFiles =>
  part === "whole" ? files : files.filter(({ path }) => path === donePath(""));

/** Milliseconds after which what nobody holds and nobody has touched belongs to a process that has ended. */
const old = 86_400_000;

const isLeft = (dir: string): boolean => {
  const stat = linkStatAt(dir);
  return stat !== undefined && Date.now() - stat.mtimeMs > old && holderOf(dir) === undefined;
};

export const mirrorIn = (dir: string) => ({
  dir,
  make: (): void => {
    try {
      makeDirectories(dir);
    } catch (error) {
      throw cannotWrite(dir, error);
    }
  },
  /** Removes what processes that were killed have left, of runs that others go on with. */
  clean: (): void => {
    for (const name of readdirSync(dir))
      if (/^\.(attempt|fetching|removed)-/.test(name) && isLeft(join(dir, name)))
        rmSync(join(dir, name), { recursive: true, force: true });
  },
  /** Brings a committed run, or its record alone, unless it is there; a directory is replaced as a whole. */
  fetch: async (
    objects: ObjectStore,
    name: string,
    committed: CommittedRecord,
    part: "record" | "whole",
  ): Promise<void> => {
    const target = join(dir, name);
    const mark = markIn(target);
    if (mark === markOf(committed, "whole") || mark === markOf(committed, part)) return;
    const arriving = join(dir, `.fetching-${randomUUID()}`);
    try {
      makeDirectories(arriving);
      const damage = await download(objects, partOf(committed.files, part), arriving);
      if (damage !== undefined) throw damage;
      writeTextAtomically(join(arriving, marker), markOf(committed, part));
      removeAtOnce(target);
      renameSync(arriving, target);
    } catch (error) {
      rmSync(arriving, { recursive: true, force: true });
      // Another process has fetched it at the same time.
      if (["ENOTEMPTY", "EEXIST"].includes(codeOf(error) ?? "")) return;
      throw cannotWrite(target, error);
    }
  },
  /** Removes runs that the store has no more. */
  keepOnly: (names: ReadonlySet<string>): void => {
    if (!existsSync(dir)) return;
    for (const name of readdirSync(dir))
      if (!name.startsWith(".") && !names.has(name) && markIn(join(dir, name)) !== undefined)
        removeAtOnce(join(dir, name));
  },
});
