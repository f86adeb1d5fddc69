/** @file A log that another process writes: its lines as they come, each read once. */
import { type LogLine, linesIn } from "./eventLog.ts";
import { fileNow } from "./fileNow.ts";
import { readRegular } from "./regularFile.ts";

export interface LogFollower {
  /**
   * The lines that were written as a whole since the last time; undefined where those before count no longer, since the log was cut
   * back: follow anew.
   *
   * @throws `RangeflowFailure` at a line that is damaged
   */
  readonly read: () => readonly LogLine[] | undefined;
}

/** Follows a log from its beginning; there need not be any yet. */
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
