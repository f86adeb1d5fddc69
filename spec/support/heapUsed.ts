/** @file What a heap holds, without what happens not to be collected yet. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

/** Bytes in use once all garbage is collected. */
export const heapUsed = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};

/** Bytes in use once all garbage is collected, those of arrays beyond the heap among them. */
export const bytesUsed = (): number => {
  // Arrays are freed once their owners are gone.
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};
