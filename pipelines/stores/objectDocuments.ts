/** @file Documents of a study as objects: `PREFIX/.sweep/KIND/NAME`. */
import { bytesOf, type ObjectStore, textIn } from "./objectStore.ts";
import { ignoresConditions } from "./s3Sentences.ts";
import { checkDocument, type DocumentKind, type Documents } from "./store.ts";

export interface ObjectDocuments extends Documents {
  /**
   * Tests once whether the service honours `putNew`, on which everything else relies.
   *
   * @returns rejects with `RangeflowFailure` if it overwrites an existing object
   */
  readonly check: () => Promise<void>;
}

/** An object that is written once per store. A second write shows whether the service overwrites it. */
const probe = ".sweep/conditional";

/** The documents of an object store. */
export const objectDocuments = (objects: ObjectStore): ObjectDocuments => {
  const keyOf = (kind: DocumentKind, name: string): string => `.sweep/${kind}/${checkDocument(name)}`;
  let checked: Promise<void> | undefined;

  const tried = async (): Promise<void> => {
    const bytes = bytesOf("");
    if (!(await objects.putNew(probe, bytes))) return;
    if (await objects.putNew(probe, bytes)) throw ignoresConditions(objects.place);
  };

  const check = (): Promise<void> => {
    checked ??= tried().catch((error: unknown) => {
      checked = undefined;
      throw error;
    });
    return checked;
  };

  return {
    check,
    list: async (kind) => {
      const start = `.sweep/${kind}/`;
      return (await objects.list(start)).map((key) => key.slice(start.length));
    },
    read: async (kind, name) => textIn(objects, keyOf(kind, name)),
    write: async (kind, name, text) => objects.put(keyOf(kind, name), bytesOf(text)),
    writeNew: async (kind, name, text) => {
      const key = keyOf(kind, name);
      await check();
      return objects.putNew(key, bytesOf(text));
    },
    remove: async (kind, name) => objects.remove([keyOf(kind, name)]),
  };
};
