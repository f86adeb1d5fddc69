/** @file An open run: prepared, with a directory that this process owns until the run ends. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { RunSource } from "../experiments/source.ts";
import { cannotWrite } from "../files/fileErrors.ts";
import { type OwnDirectory, ownDirectory, ownNewDirectory } from "../files/ownDirectory.ts";
import { checkCodePlace, type KeptCode, removeCode } from "./keptCode.ts";
import { type Prepared, prepare, type TrainOptions } from "./prepare.ts";
import { canResume, checkFree, removeLeftovers, removeRun } from "./runDirectory.ts";

/** Directory of a run in progress. */
export interface RunDirectory extends Pick<OwnDirectory, "path" | "check" | "release"> {
  /** Gives the directory back and removes what a new run has written; the files of a resumed run stay. */
  readonly discard: () => void;
}

export interface OpenRun {
  readonly run: Prepared;
  /** Undefined if nothing is written. */
  readonly directory: RunDirectory | undefined;
}

const newRunDirectory = async (out: string, isNumbered: boolean, code: KeptCode): Promise<RunDirectory> => {
  const own = await (isNumbered ? ownNewDirectory(out) : ownDirectory(out));
  try {
    checkFree(own.path);
    checkCodePlace(own.path, code);
  } catch (error) {
    own.leave();
    throw error;
  }
  return {
    ...own,
    discard: () => {
      try {
        if (own.isHeld()) {
          removeRun(own.path);
          removeCode(own.path, code);
        }
      } catch {
        // The disk refuses changes, which is why the run has failed. Its files stay.
      }
      own.leave();
    },
  };
};

/** Creates nothing if there is no run. */
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
 * Prepares a run and takes its directory: that of a saved run before reading it, that of a new run after all checks have passed.
 *
 * @throws `RangeflowFailure`
 */
export const openRun = async (source: RunSource, options: TrainOptions): Promise<OpenRun> => {
  const { out, numbered = false, resume = false } = options;
  const saved = resume ? await resumedRunDirectory(out) : undefined;
  try {
    const run = await prepare(source, options);
    try {
      const directory =
        saved ?? (out === undefined ? undefined : await newRunDirectory(out, numbered, run.code));
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
