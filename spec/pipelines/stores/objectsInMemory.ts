/** @file Objects in memory, for the laws of stores without a service. */
import type { ObjectStore } from "../../../pipelines/stores/objectStore.ts";

/** Waits a moment, so that calls of several machines come in any order. */
const wait = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const objectsInMemory = (): ObjectStore & { readonly all: Map<string, Uint8Array> } => {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    place: "s3://memory/study",
    get: async (key) => {
      await wait();
      return all.get(key);
    },
    put: async (key, bytes) => {
      await wait();
      all.set(key, bytes.slice());
    },
    putNew: async (key, bytes) => {
      await wait();
      if (all.has(key)) return false;
      all.set(key, bytes.slice());
      return true;
    },
    list: async (start) => {
      await wait();
      return [...all.keys()].filter((key) => key.startsWith(start)).sort();
    },
    remove: async (keys) => {
      await wait();
      for (const key of keys) all.delete(key);
    },
  };
};
