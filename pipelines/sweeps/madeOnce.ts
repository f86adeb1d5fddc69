/** @file Values that are made once for each key. */

/** Values by key. */
export interface MadeOnce<T> {
  /** The value of a key, which is made when it is asked for first. */
  readonly of: (key: string) => T;
  readonly all: () => readonly T[];
}

/**
 * Keeps what `make` gives for each key. A promise that rejects is not kept: whoever asks next has it made again.
 */
export const madeOnce = <T>(make: (key: string) => T): MadeOnce<T> => {
  const all = new Map<string, T>();
  return {
    of: (key) => {
      const known = all.get(key);
      if (known !== undefined) return known;
      const one = make(key);
      all.set(key, one);
      if (one instanceof Promise)
        one.catch(() => {
          if (all.get(key) === one) all.delete(key);
        });
      return one;
    },
    all: () => [...all.values()],
  };
};
