/** @file Requirements on an object service: bytes by key, and writes that fail if the key exists. */

/** Objects below one prefix. All functions reject with `RangeflowFailure` if the service refuses. */
export interface ObjectStore {
  /** Place of the objects, for messages. */
  readonly place: string;
  /** Bytes of an object; undefined if there is none. */
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  /** Writes an object as a whole, replacing an existing one. */
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
  /** Writes an object unless it exists. Returns whether it did; of all concurrent calls only one does. */
  readonly putNew: (key: string, bytes: Uint8Array) => Promise<boolean>;
  /** Keys with a common start, in order. */
  readonly list: (start: string) => Promise<readonly string[]>;
  /** Removes objects that exist. */
  readonly remove: (keys: readonly string[]) => Promise<void>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const bytesOf = (text: string): Uint8Array => encoder.encode(text);

/** Text of an object; undefined if there is none. */
export const textIn = async (objects: Pick<ObjectStore, "get">, key: string): Promise<string | undefined> => {
  const bytes = await objects.get(key);
  return bytes && decoder.decode(bytes);
};

/** Maps over many items, a few at a time, because each waits for the network. */
export const fewAtATime = async <A, B>(all: readonly A[], act: (one: A) => Promise<B>): Promise<B[]> => {
  const results: B[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const i = next++;
      results[i] = await act(all[i] as A);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return results;
};
