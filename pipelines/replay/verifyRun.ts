import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { estimatorsIn } from "../../quantizers/rules/values.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { type Opening, openSource } from "../runs/openSource.ts";
import { identityOfRun } from "../runs/runDirectory.ts";
import { completeContents, recordingOf, savedStep } from "../runs/runRecording.ts";
import { type Verified, verifyReplay } from "./replayStudy.ts";
import { runEstimators } from "./runEstimators.ts";

const where = "verify";

/**
 * Verifies that the recording of a run replays: given the recorded statistics, the estimators of its experiment return exactly the ranges
 * that the run used, bit for bit. Nothing is trained, and no data are read.
 *
 * @param source experiment of the run; `builtIn()` for a built-in one
 * @param dir directory of the run, which may be part of a study
 * @param options `trust` (default: false): execute unchanged files that only the run names
 * @returns counts of compared sites and ranges. Rejects with `RangeflowFailure` that names the first site and step that differ, what the
 *   recording lacks, or how the experiment differs
 * @example not run: it reads a run
 * const { ranges, sites } = await verifyRun(experimentFile("./mine.ts"), "runs/mine");
 */
export const verifyRun = async (source: RunSource, dir: string, options: Opening = {}): Promise<Verified> => {
  const { trust = false } = knownOptions("verifyRun", options, { trust: true });
  checkSource(where, source);
  checkDirectory(where, dir);
  const identity = identityOfRun(dir);
  if (identity === undefined)
    throw new RangeflowFailure(
      problem(where, `no run in ${dir}`, "the directory of a run", "check the path"),
    );
  const known = runEstimators(where, { identity, named: [], trust });
  const { experiment } = await openSource(source, identity, where, { trust }, {});
  const own = estimatorsIn(experiment.quantization);
  const recording = recordingOf(dir);
  completeContents(recording, savedStep(dir));
  const named = async (name: string): Promise<NamedEstimator> => own.get(name) ?? known(name);
  return verifyReplay(recording.rows(), named, undefined, identity.firstRanges);
};
