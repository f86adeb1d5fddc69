import { createHash } from "node:crypto";
import { openRegular } from "./regularFile.ts";

const piece = 1 << 22;

/**
 * SHA-256 of a file, read piece by piece, so that it may be larger than a single read allows.
 *
 * @param what what the file should be, for messages
 * @throws `RangeflowFailure` if it cannot be read, or is not a regular file
 */
export const fileSha256 = (path: string, what: string): string => {
  const { size, read, close } = openRegular(path, what);
  try {
    const hash = createHash("sha256");
    for (let at = 0; at < size; at += piece) hash.update(read(at, at + piece));
    return hash.digest("hex");
  } finally {
    close();
  }
};
