/** @file The recorder: writes every `RangeSeen` of a run to disk within a second. */
import { dirname } from "node:path";
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { syncDirectory } from "./atomic.ts";
import { cannotWrite } from "./fileErrors.ts";
import { makeDirectories } from "./makeDirectories.ts";
import type { SegmentInfo } from "./recordedSegment.ts";
import { nextSegment, segmentsIn } from "./recordingFiles.ts";
import { createSegment, type SegmentPaths } from "./segment.ts";
import { statEncoder } from "./statEncoder.ts";

/** A recording that is being written. */
export interface Recorder {
  /** Takes one row. Steps must not decrease. Throws the `RangeflowFailure` of a failed write, then and at every later call. */
  readonly append: (row: RangeSeen) => void;
  /** Writes the buffered rows and forces them to the disk, as before a checkpoint. */
  readonly flush: () => void;
  /** Writes the buffered rows and the end of the stream. May be called again. */
  readonly close: () => void;
}

/** Options of `recorder`. */
export interface RecorderOptions extends SegmentInfo {
  /** Clock in milliseconds, with any origin; called at each row. */
  readonly now: () => number;
  /** Called before each write; throws if the directory no longer belongs to this process. Default: no check. */
  readonly check?: () => void;
  /** Rows per write, and largest number of buffered rows. Default: 8192. */
  readonly rowsPerBatch?: number;
}

/** Longest time, in milliseconds, that rows are buffered if others follow. */
const patience = 1000;

/**
 * Records into a new segment. Writing is synchronous, so nothing queues up behind a slow disk: at most one batch is in memory, and a disk
 * that refuses ends the run at the first row that it did not take.
 */
export const recordInto = (
  paths: SegmentPaths,
  { now, check = () => {}, rowsPerBatch = 8192, ...info }: RecorderOptions,
): Recorder => {
  const segment = createSegment(paths);
  const encoder = statEncoder(info, rowsPerBatch);
  let lastStep = info.firstStep;
  let lastWrite = now();
  let failure: unknown;
  let open = true;

  /** After a failure every later call fails with it. */
  const guarded = (act: () => void): void => {
    if (failure !== undefined) throw failure;
    try {
      act();
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  const write = (): void => {
    check();
    if (encoder.rows() > 0) segment.append(encoder.take());
    lastWrite = now();
  };
  try {
    segment.append(encoder.start());
  } catch (error) {
    segment.discard();
    throw error;
  }

  return {
    append: (row) => {
      if (failure !== undefined) throw failure;
      if (!open) throw internal("recorder: a row after the end");
      if (row.step < lastStep)
        throw internal(`recorder: step ${row.step} of ${row.site} after step ${lastStep}`);
      lastStep = row.step;
      encoder.add(row);
      if (encoder.rows() === rowsPerBatch || now() - lastWrite >= patience) guarded(write);
    },
    flush: () =>
      guarded(() => {
        write();
        segment.sync();
      }),
    close: () => {
      if (!open) return;
      open = false;
      try {
        if (failure === undefined)
          guarded(() => {
            write();
            segment.append(encoder.end());
            segment.sync();
          });
      } finally {
        segment.close();
      }
    },
  };
};

/**
 * Opens the recorder of a new or resumed run. Each process writes a new segment in `dir`, which is created if necessary. It supersedes
 * rows of earlier segments from `firstStep` on.
 *
 * @throws `RangeflowFailure` if the directory holds the recording of another run, or cannot be written
 */
export const recorder = ({ dir, ...options }: RecorderOptions & { readonly dir: string }): Recorder => {
  try {
    if (makeDirectories(dir) !== undefined) syncDirectory(dirname(dir));
  } catch (error) {
    throw cannotWrite(dir, error);
  }
  const other = segmentsIn(dir).find(({ info }) => info.runId !== options.runId);
  if (other !== undefined)
    throw new RangeflowFailure(
      problem(
        dir,
        `the recording of run ${other.info.runId}`,
        `none, or that of run ${options.runId}`,
        "name another --out",
      ),
    );
  return recordInto(nextSegment(dir), options);
};
