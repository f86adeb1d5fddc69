/** @file Identity of the file that a path currently names. */
import { statAt } from "./statAt.ts";

export interface FileNow {
  /** Identifies this file. Another file at the same path has another key, even if it reuses the inode. */
  readonly key: string;
  readonly size: number;
}

/** The file at a path; undefined if there is none. */
export const fileNow = (path: string): FileNow | undefined => {
  const stat = statAt(path);
  return stat && { key: `${stat.dev}-${stat.ino}-${stat.birthtimeMs}`, size: stat.size };
};
