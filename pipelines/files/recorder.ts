/** @file The recorder: every `RangeSeen` of a run, on disk at most a second later. */
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

export interface Recorder {
  /** Takes one row; steps never go back. Throws the `RangeflowFailure` of a write that failed, and then always. */
  readonly append: (row: RangeSeen) => void;
  /** Writes the rows that wait and forces all of them to the disk, as before a checkpoint. */
  readonly flush: () => void;
  /** Writes the rows that wait and the end of the stream; may be called again. */
  readonly close: () => void;
}

export interface RecorderOptions extends SegmentInfo {
  /** Milliseconds since any fixed moment; asked for at each row. */
  readonly now: () => number;
  /** Called before anything is written; throws where the directory does not belong to this process any more. */
  readonly check?: () => void;
  /** Rows that are written together; not more than these wait in memory. */
  readonly rowsPerBatch?: number;
}

/** The longest time, in milliseconds, that rows wait if others follow. */
const patience = 1000;

/**
 * Records into a segment of its own. Writing is synchronous, so nothing queues up behind a slow disk: at most one batch
 * waits in memory, and a disk that refuses ends the run with the first row that it did not take.
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

  /** Once something failed, it is what every later call fails with. */
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
 * Records a run, or goes on with one: each process writes a new segment in `dir`, which is made if need be. What earlier
 * segments hold from `firstStep` on counts no longer.
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
