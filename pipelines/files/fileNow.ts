/** @file Which file a path names at the moment. */
import { statAt } from "./statAt.ts";

export interface FileNow {
  /** Names this very file: another one that takes its place, even its number, has another name. */
  readonly key: string;
  readonly size: number;
}

/** The file at a path; undefined where there is none. */
export const fileNow = (path: string): FileNow | undefined => {
  const stat = statAt(path);
  return stat && { key: `${stat.dev}-${stat.ino}-${stat.birthtimeMs}`, size: stat.size };
};
