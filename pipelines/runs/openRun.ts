/** @file A run that is opened: prepared, with a directory that belongs to it alone until it ends. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RunSource } from "../experiments/source.ts";
import { cannotWrite } from "../files/fileErrors.ts";
import { type OwnDirectory, ownDirectory, ownNewDirectory } from "../files/ownDirectory.ts";
import { type Prepared, prepare, type TrainOptions } from "./prepare.ts";
import { canResume, checkFree, removeLeftovers, removeRun } from "./runDirectory.ts";

/** The directory of a run that goes on. */
export interface RunDirectory extends Pick<OwnDirectory, "path" | "check" | "release"> {
  /** Gives the directory back, without what a new run has put there; a run that was resumed stays. */
  readonly discard: () => void;
}

export interface OpenRun {
  readonly run: Prepared;
  /** Undefined where nothing is written. */
  readonly directory: RunDirectory | undefined;
}

const newRunDirectory = async (out: string, isNumbered: boolean): Promise<RunDirectory> => {
  const own = await (isNumbered ? ownNewDirectory(out) : ownDirectory(out));
  try {
    checkFree(own.path);
  } catch (error) {
    own.leave();
    throw error;
  }
  return {
    ...own,
    discard: () => {
      try {
        if (own.isHeld()) removeRun(own.path);
      } catch {
        // A disk that takes no change any more, which the run has failed with: what is there stays.
      }
      own.leave();
    },
  };
};

/** Nothing is made where there is no run. */
const resumedRunDirectory = async (out: string | undefined): Promise<RunDirectory | undefined> => {
  if (out === undefined)
    throw new RangeflowFailure(
      problem("--resume", "no run to resume", "--out DIR, the directory of the run"),
    );
  if (!canResume(out)) return undefined;
  const own = await ownDirectory(out);
  try {
    removeLeftovers(out);
  } catch (error) {
    own.release();
    throw cannotWrite(out, error);
  }
  return { ...own, discard: own.release };
};

/**
 * Prepares a run and takes its directory: a saved one before it is read, a new one when all that can be wrong was found to be
 * right.
 *
 * @throws `RangeflowFailure`
 */
export const openRun = async (source: RunSource, options: TrainOptions): Promise<OpenRun> => {
  const { out, numbered = false, resume = false } = options;
  const saved = resume ? await resumedRunDirectory(out) : undefined;
  try {
    const run = await prepare(source, options);
    try {
      const directory = saved ?? (out === undefined ? undefined : await newRunDirectory(out, numbered));
      return { run, directory };
    } catch (error) {
      run.engine.dispose();
      throw error;
    }
  } catch (error) {
    saved?.release();
    throw error;
  }
};
