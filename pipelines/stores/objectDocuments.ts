/** @file Documents of a study as objects: `PREFIX/.sweep/KIND/NAME`. */
import { bytesOf, type ObjectStore, textIn } from "./objectStore.ts";
import { ignoresConditions } from "./s3Sentences.ts";
import { checkDocument, type DocumentKind, type Documents } from "./store.ts";

export interface ObjectDocuments extends Documents {
  /**
   * Tries once whether the service keeps the promise of `putNew`, which all else rests on.
   *
   * @returns rejects with `RangeflowFailure` where it writes over what is there
   */
  readonly check: () => Promise<void>;
}

/** An object that is written once for a store: the second time shows whether it can be written again. */
const probe = ".sweep/conditional";

/** The documents of a store of objects. */
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
