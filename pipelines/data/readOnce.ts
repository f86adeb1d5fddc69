import { dataNamed, type ReadData } from "./dataNamed.ts";
import type { Dataset } from "./dataset.ts";

/** Data whose content is hashed once. */
const hashedOnce = (data: Dataset): Dataset => {
  let content: ReturnType<Dataset["content"]> | undefined;
  return {
    ...data,
    content: () => {
      content ??= data.content();
      return content;
    },
  };
};

/**
 * Reads each data set once, however often it is asked for, and caches it as long as the returned function is referenced.
 *
 * @param read reads a data set the first time
 */
export const readOnce = (read: ReadData = dataNamed): ReadData => {
  const known = new Map<string, Promise<Dataset>>();
  return (settings) => {
    const { data, dataDir, limit, testLimit, augment, inputMean, inputStd } = settings;
    const key = JSON.stringify([data, dataDir, limit, testLimit, augment, inputMean, inputStd]);
    const found = known.get(key) ?? read(settings).then(hashedOnce);
    known.set(key, found);
    return found;
  };
};
