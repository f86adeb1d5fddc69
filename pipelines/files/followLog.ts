/** @file Follows a log that another process writes. Each line is read once. */
import { type LogLine, linesIn } from "./eventLog.ts";
import { fileNow } from "./fileNow.ts";
import { readRegular } from "./regularFile.ts";

export interface LogFollower {
  /**
   * The complete lines since the last call; undefined if earlier lines are no longer valid, because the log was truncated. Then follow it
   * anew.
   *
   * @throws `RangeflowFailure` at a damaged line
   */
  readonly read: () => readonly LogLine[] | undefined;
}

/** Follows a log from its beginning. The file need not exist yet. */
export const followLog = (path: string): LogFollower => {
  let key: string | undefined;
  let [bytes, lines] = [0, 0];
  return {
    read: () => {
      const now = fileNow(path);
      if (bytes > 0 && (now === undefined || now.key !== key || now.size < bytes)) return undefined;
      if (now === undefined || now.size === bytes) return [];
      key = now.key;
      const found = linesIn(path, readRegular(path, "the events of a run", undefined, bytes), lines + 1);
      bytes += found.bytes;
      lines += found.lines.length;
      return found.lines;
    },
  };
};
