/** @file Local mirror of an object store: committed runs, and attempts while they are trained on this machine. */
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
 * Directory of the mirror of a store: below RANGEFLOW_CACHE if that environment variable is set, otherwise below the user's cache.
 *
 * @param place `s3://BUCKET/PREFIX`
 * @param endpoint address of the service, because several services have buckets of the same name
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

/** File that says which committed run, and which part of it, a directory of the mirror holds. */
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

/** Milliseconds after which a directory without holder and changes belongs to a process that has ended. */
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
  /** Removes leftovers of killed processes, whose runs others resume. */
  clean: (): void => {
    for (const name of readdirSync(dir))
      if (/^\.(attempt|fetching|removed)-/.test(name) && isLeft(join(dir, name)))
        rmSync(join(dir, name), { recursive: true, force: true });
  },
  /** Fetches a committed run, or its record only, unless it is there. A directory is replaced as a whole. */
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
  /** Removes runs that the store no longer has. */
  keepOnly: (names: ReadonlySet<string>): void => {
    if (!existsSync(dir)) return;
    for (const name of readdirSync(dir))
      if (!name.startsWith(".") && !names.has(name) && markIn(join(dir, name)) !== undefined)
        removeAtOnce(join(dir, name));
  },
});
