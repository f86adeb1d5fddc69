/** @file A recording that another process writes, or several one after the other: its rows as they come. */
import { fileNow } from "./fileNow.ts";
import { followSegment, type SegmentFollower } from "./followSegment.ts";
import { endsOf, rowsBefore, runIdOfAll } from "./recordedSegment.ts";
import { segmentPathsIn } from "./recordingFiles.ts";
import type { StatColumns } from "./statColumns.ts";

export interface RecordingFollower {
  /**
   * Takes the rows that have come since the last time to `add`.
   *
   * @returns false where rows that were given count no longer, since a run goes on from before them: follow anew
   * @throws `RangeflowFailure` where something is damaged; what comes before it was given
   */
  readonly read: (add: (columns: StatColumns) => void) => boolean;
}

interface Followed {
  readonly path: string;
  readonly key: string;
  readonly follower: SegmentFollower;
  /** The last step that was given; -1 before. */
  given: number;
}

/** Follows a recording from its beginning. */
export const followRecording = (dir: string): RecordingFollower => {
  let known: readonly Followed[] = [];

  /** Segments that are there now, in order; undefined where one that was read is gone or was exchanged. */
  const segments = (): readonly Followed[] | undefined => {
    const now = (fileNow(dir) ? segmentPathsIn(dir) : []).flatMap((paths) => {
      const file = fileNow(paths.data);
      return file ? [{ paths, key: file.key }] : [];
    });
    const isThere = ({ path, key }: Followed): boolean =>
      now.some((one) => one.paths.data === path && one.key === key);
    if (known.some((one) => one.given >= 0 && !isThere(one))) return undefined;
    return now.map(
      ({ paths, key }) =>
        known.find((one) => one.path === paths.data && one.key === key) ?? {
          path: paths.data,
          key,
          follower: followSegment(paths),
          given: -1,
        },
    );
  };

  return {
    read: (add) => {
      const now = segments();
      if (now === undefined) return false;
      known = now;
      const begun = now.filter(({ follower }) => follower.info() !== undefined);
      const infos = begun.map(({ follower }) => follower.info()!);
      runIdOfAll(dir, infos);
      const ends = endsOf(infos);
      if (begun.some(({ given }, i) => given >= ends[i]!)) return false;
      for (const [i, segment] of begun.entries())
        for (const columns of segment.follower.read()) {
          const rows = rowsBefore(columns, ends[i]!);
          if (rows === 0) continue;
          add({ ...columns, rows });
          segment.given = columns.step[rows - 1]!;
        }
      return true;
    },
  };
};
