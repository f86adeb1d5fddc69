/** @file Follows a recording that another process, or several in succession, write. Each row is read once. */
import { fileNow } from "./fileNow.ts";
import { followSegment, type SegmentFollower } from "./followSegment.ts";
import { endsOf, rowsBefore, runIdOfAll } from "./recordedSegment.ts";
import { segmentPathsIn } from "./recordingFiles.ts";
import type { StatColumns } from "./statColumns.ts";

export interface RecordingFollower {
  /**
   * Passes the rows since the last call to `add`.
   *
   * @returns false if earlier rows are no longer valid, because a run was resumed from before them; then follow it anew
   * @throws `RangeflowFailure` at damaged data, after everything before it
   */
  readonly read: (add: (columns: StatColumns) => void) => boolean;
}

interface Followed {
  readonly path: string;
  readonly key: string;
  readonly follower: SegmentFollower;
  /** The last step that was returned; -1 before. */
  given: number;
}

/** Follows a recording from its beginning. */
export const followRecording = (dir: string): RecordingFollower => {
  let known: readonly Followed[] = [];

  /** Current segments in order; undefined if one that was read is gone or was replaced. */
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
