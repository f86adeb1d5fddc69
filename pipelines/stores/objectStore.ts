/** @file What a store asks of a service of objects: bytes by key, of which some are written only where nothing is. */

/** Objects below one prefix. All of it rejects with `RangeflowFailure` where the service refuses. */
export interface ObjectStore {
  /** Place of the objects, as sentences name it. */
  readonly place: string;
  /** Bytes of an object; undefined if there is none. */
  readonly get: (key: string) => Promise<Uint8Array | undefined>;
  /** Writes an object as a whole, in place of one that is there. */
  readonly put: (key: string, bytes: Uint8Array) => Promise<void>;
  /** Writes an object unless one is there; whether it did. Of any number that try at once, one alone does. */
  readonly putNew: (key: string, bytes: Uint8Array) => Promise<boolean>;
  /** Keys that begin so, in order. */
  readonly list: (start: string) => Promise<readonly string[]>;
  /** Removes objects, as far as they are there. */
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

/** Does something with each of many, a few at a time, since each waits for the network. */
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
