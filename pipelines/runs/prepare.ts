/** @file Everything that a run needs before its first batch: settings, data, engine, network, and its past. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { selectEngine } from "../../core/engines/select.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { models } from "../../models/index.ts";
import { type Summarizer, summarizer } from "../../operators/taps/metrics.ts";
import { trialsEvery } from "../../operators/training/trials.ts";
import type { Batches } from "../data/batches.ts";
import { contentOf } from "../data/dataContent.ts";
import { dataNamed } from "../data/dataNamed.ts";
import type { LabelledImages } from "../data/labelledImages.ts";
import { bePatient } from "../foreign/watchdog.ts";
import { quantization } from "../settings/quantization.ts";
import type { Settings } from "../settings/settings.ts";
import { locateIn } from "../settings/userFiles.ts";
import { newClaim, type Opening, refuse, savedClaim } from "./claim.ts";
import { type History, historyBefore, noHistory } from "./history.ts";
import { type Claim, differences, type Identity, identityOf, runIdOf } from "./identity.ts";
import { mayHaveGpu } from "./mayHaveGpu.ts";
import { type Network, network } from "./network.ts";
import { checkSize } from "./plannedModel.ts";
import { type Provenance, provenanceNow } from "./provenance.ts";
import { checkRoom } from "./room.ts";
import { checkFree, checkpointIn, loadRun, restore, type SavedRun } from "./runDirectory.ts";
import { recordingOf } from "./runRecording.ts";
import { checkPlace, noProgress, type Progress } from "./savedProgress.ts";
import { type Task, taskOf } from "./task.ts";
import { threads } from "./threads.ts";
import type { Timetable } from "./timetable.ts";
import { convolutionsOf } from "./traffic.ts";
import { navigatorGpu } from "./webgpu.ts";
import { askedInVain, namesIn, type WithoutEffect, withoutEffect } from "./withoutEffect.ts";

export interface TrainOptions extends Opening {
  /** Directory for checkpoint and recording; without one nothing is written. */
  readonly out?: string;
  /** A new run takes the first of `out`, `out-2`, `out-3`, .. that is not there. */
  readonly numbered?: boolean;
  /** Go on with the run that `out` holds; its settings are those that were saved. */
  readonly resume?: boolean;
  /** Refuse to be another run than the one with this id, as `runIdOf` gives it. */
  readonly runId?: string;
}

export interface Prepared {
  readonly settings: Settings;
  readonly identity: Identity;
  readonly provenance: Provenance;
  /** Settings that change nothing in this run. */
  readonly inVain: readonly WithoutEffect[];
  readonly task: Task;
  readonly data: LabelledImages;
  readonly engine: Engine;
  readonly network: Network;
  readonly batches: { readonly train: Batches; readonly test: Batches };
  readonly timetable: Timetable;
  readonly runId: string;
  readonly progress: Progress;
  /** Training steps that lie behind the run. */
  readonly step: number;
  /** The whole run; what was recorded before it was resumed is in it. */
  readonly summary: Summarizer;
}

/** The run that a directory holds, and what it claims to be when it goes on. */
const resumed = async (
  wanted: Partial<Settings>,
  { out, ...opening }: TrainOptions,
): Promise<{ readonly saved: SavedRun; readonly claim: Claim }> => {
  if (out === undefined)
    throw new RangeflowFailure(problem("--resume", "no run to go on with", "--out DIR of the run"));
  const saved = loadRun(out);
  return { saved, claim: await savedClaim("--resume", wanted, saved.identity, opening) };
};

/** The past of a saved run, from its recording; the summary counts its rows. */
const pastOf = ({ step, runId }: SavedRun, dir: string, summary: Summarizer): History => {
  if (step === 0) return noHistory;
  const recording = recordingOf(dir);
  if (recording.runId !== runId)
    throw new RangeflowFailure(
      problem(
        recording.dir,
        `the recording of run ${recording.runId}`,
        `that of run ${runId}, which the checkpoint belongs to`,
        "put each run into its own directory",
      ),
    );
  return historyBefore(step, recording.rows(), recording.dir, summary.add);
};

/** Opens the engine that the settings name. */
const engineOf = async ({ engine, threads: wanted }: Settings): Promise<Engine> => {
  const isWanted = engine === "gpu" || (engine === "auto" && mayHaveGpu());
  const gpu = isWanted ? await navigatorGpu() : undefined;
  const selected = await selectEngine(engine, { navigatorGpu: gpu, threads: await threads(wanted) });
  if (E.isLeft(selected)) throw new RangeflowFailure(selected.left);
  return selected.right;
};

/** The batches as the optimizer wants them: some come twice where it tries steps. */
const withTrials = (batches: Batches, { optimizer, trialEvery }: Settings): Batches => {
  if (optimizer !== "blaq") return batches;
  const { batch } = trialsEvery(trialEvery);
  return { ...batches, make: (step, into) => batches.make(batch(step), into) };
};

/** @throws `RangeflowFailure` if the run is not the one that was planned */
const checkRunId = (identity: Identity, { runId }: TrainOptions): void => {
  if (runId !== undefined && runIdOf(identity) !== runId)
    throw new RangeflowFailure(
      problem(
        "the run",
        `data or files of ${runIdOf(identity)}`,
        `those of ${runId}, which was planned`,
        "they have changed since; start again to run with what they are now",
      ),
    );
};

/**
 * Checks and opens everything, or fails with everything that is wrong, before anything is written.
 *
 * @throws `RangeflowFailure`
 */
export const prepare = async (wanted: Partial<Settings>, options: TrainOptions): Promise<Prepared> => {
  const { estimators, out, numbered = false, resume = false } = options;
  const { saved, claim } = resume
    ? await resumed(wanted, options)
    : { saved: undefined, claim: await newClaim(wanted, estimators) };
  if (!resume && !numbered && out !== undefined) checkFree(out);
  const { settings } = claim;
  bePatient(settings.patience);
  const task = taskOf(settings);
  const resolved = await quantization(settings, {
    ...(estimators && { given: estimators }),
    locate: locateIn(claim.files),
    layers: () => convolutionsOf(models[settings.model], data.shape).map(({ path }) => path),
  });
  const data = await dataNamed(settings);
  const identity = identityOf(claim, contentOf(data));
  if (saved) refuse("--resume", differences(identity, saved.identity));
  checkRunId(identity, options);
  const { train: inOrder, test } = task.batches(data, settings);
  const train = withTrials(inOrder, settings);
  const timetable: Timetable = {
    trainBatches: train.perEpoch,
    testBatches: test.perEpoch,
    epochs: settings.epochs,
  };
  if (saved && out !== undefined) checkPlace(checkpointIn(out), saved, timetable);
  const summary = summarizer(saved?.progress.run);
  const history = saved && out !== undefined ? pastOf(saved, out, summary) : noHistory;
  const engine = await engineOf(settings);
  try {
    checkSize(settings, data, engine);
    const steps = settings.epochs * train.perEpoch;
    const built = network({ settings, engine, data, ...resolved, history, steps });
    const inVain = withoutEffect({
      settings,
      given: identity.given,
      quantization: resolved,
      products: built.products,
      learnsQuantizers: built.parameters.list().some(({ learning }) => learning !== undefined),
    });
    // A run that was planned was looked at by its plan, and one that goes on has been before.
    const asked =
      saved || options.runId !== undefined ? [] : askedInVain(inVain, namesIn(wanted, identity.given));
    if (asked.length > 0) throw new RangeflowFailure(...asked);
    checkRoom({ settings, engine, data, ...resolved, steps });
    if (saved && out !== undefined) restore(out, saved, engine, built.parameters);
    return {
      settings,
      identity,
      inVain,
      provenance: saved?.provenance ?? provenanceNow(),
      task,
      data,
      engine,
      network: built,
      batches: { train, test },
      timetable,
      runId: saved?.runId ?? runIdOf(identity),
      progress: saved?.progress ?? noProgress,
      step: saved?.step ?? 0,
      summary,
    };
  } catch (error) {
    engine.dispose();
    throw error;
  }
};
