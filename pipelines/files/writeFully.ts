/** @file Writes all bytes, however few the system takes at a time. */
import { writeSync } from "node:fs";

/** Appends all of `bytes` at the current position of the file. */
export const writeFully = (fd: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
};
