/** @file Documents of a study as files: `DIR/.sweep/KIND/NAME`. */
import { randomUUID } from "node:crypto";
import { existsSync, linkSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { syncDirectory, writeTextAtomically } from "../files/atomic.ts";
import { cannotRead, cannotWrite, codeOf } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { readText } from "../files/regularFile.ts";
import { checkDocument, type DocumentKind, type Documents } from "./store.ts";

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir).filter((name) => !name.endsWith(".partial"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw cannotRead(dir, error, "documents of a study");
  }
};

/** Does something that the disk may refuse. */
const refusable = <T>(path: string, act: () => T): T => {
  try {
    return act();
  } catch (error) {
    throw cannotWrite(path, error);
  }
};

/** Text of a document; undefined if there is none, or it was removed meanwhile. */
const textOf = (path: string): string | undefined => {
  if (!existsSync(path)) return undefined;
  try {
    return readText(path, "a document of a study");
  } catch (error) {
    if (!existsSync(path)) return undefined;
    throw error;
  }
};

/** The documents of the store in `dir`. */
export const directoryDocuments = (dir: string): Documents => {
  const of = (kind: DocumentKind): string => join(dir, ".sweep", kind);
  const pathOf = (kind: DocumentKind, name: string): string => join(of(kind), checkDocument(name));
  const make = (kind: DocumentKind): unknown => refusable(of(kind), () => makeDirectories(of(kind)));
  return {
    list: async (kind) => namesIn(of(kind)),
    read: async (kind, name) => textOf(pathOf(kind, name)),
    write: async (kind, name, text) => {
      const path = pathOf(kind, name);
      make(kind);
      writeTextAtomically(path, text);
    },
    writeNew: async (kind, name, text) => {
      const path = pathOf(kind, name);
      make(kind);
      const own = `${path}.${randomUUID()}.partial`;
      writeTextAtomically(own, text);
      try {
        // Of all processes only one can give a file a name that does not exist yet.
        linkSync(own, path);
        syncDirectory(of(kind));
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw cannotWrite(path, error);
      } finally {
        rmSync(own, { force: true });
      }
    },
    remove: async (kind, name) => {
      const path = pathOf(kind, name);
      refusable(path, () => rmSync(path, { force: true }));
    },
  };
};
