/** @file Everything that a run needs before its first batch: settings, data, engine, network, and its past. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../../core/engine.ts";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { selectEngine } from "../../core/kernels/select.ts";
import type { Shape } from "../../core/tensor.ts";
import { type Model, models } from "../../models/index.ts";
import { type Summarizer, summarizer } from "../../operators/taps/metrics.ts";
import { trialsEvery } from "../../operators/training/trials.ts";
import type { Batches } from "../data/batches.ts";
import { dataNamed } from "../data/dataNamed.ts";
import type { Dataset } from "../data/dataset.ts";
import { type Ends, type GivenEstimators, quantization } from "../settings/quantization.ts";
import { decodeSettings, optionOf, type SettingName, type Settings } from "../settings/settings.ts";
import { settingsInForce } from "../settings/settingsInForce.ts";
import { type History, historyBefore, noHistory } from "./history.ts";
import { mayHaveGpu } from "./mayHaveGpu.ts";
import { type Network, network } from "./network.ts";
import { checkRoom } from "./room.ts";
import { checkFree, loadRun, recordingOf, restore, type SavedRun } from "./runDirectory.ts";
import { runIdOf } from "./runId.ts";
import { noProgress, type Progress } from "./savedProgress.ts";
import { type Task, taskOf } from "./task.ts";
import { threads } from "./threads.ts";
import type { Timetable } from "./timetable.ts";
import { convolutionsOf } from "./traffic.ts";
import { navigatorGpu } from "./webgpu.ts";

export interface TrainOptions {
  /** Estimators as values, instead of by name in the settings. */
  readonly estimators?: GivenEstimators;
  /** Directory for checkpoint and recording; without one nothing is written. */
  readonly out?: string;
  /** A new run takes the first of `out`, `out-2`, `out-3`, .. that is not there. */
  readonly numbered?: boolean;
  /** Go on with the run that `out` holds; its settings are those that were saved. */
  readonly resume?: boolean;
}

export interface Prepared {
  readonly settings: Settings;
  readonly task: Task;
  readonly data: Dataset;
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

const right = (settings: E.Either<readonly Problem[], Settings>): Settings => {
  if (E.isLeft(settings)) throw new RangeflowFailure(...settings.left);
  return settings.right;
};

/** Settings that change no bit of a run, so that it may go on with others. */
export const harmless: readonly SettingName[] = ["dataDir", "threads", "checkpointSeconds", "patience"];

const resumed = (wanted: Readonly<Record<string, unknown>>, out: string | undefined): SavedRun => {
  if (out === undefined)
    throw new RangeflowFailure(problem("--resume", "no run to go on with", "--out DIR of the run"));
  const run = loadRun(out);
  const saved: Readonly<Record<string, unknown>> = { ...run.settings };
  const settings = right(decodeSettings({ ...saved, ...wanted }));
  const changed = (Object.keys(settings) as SettingName[]).filter(
    (name) => !harmless.includes(name) && JSON.stringify(settings[name]) !== JSON.stringify(saved[name]),
  );
  if (changed.length > 0)
    throw new RangeflowFailure(
      problem(
        "--resume",
        changed.map((name) => `${optionOf(name)} ${settings[name]}`).join(", "),
        `${changed.map((name) => saved[name]).join(", ")} as in the saved run`,
        "leave it out, or start a new run in another --out",
      ),
    );
  return { ...run, settings };
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

/** The first and the last of a model's convolutions and dense layers, over images of `shape`. */
const endsOf = (model: Model, shape: Shape): Ends => {
  const paths = convolutionsOf(model, shape).map(({ path }) => path);
  return { first: paths[0] ?? "", last: paths.at(-1) ?? "" };
};

/**
 * Checks and opens everything, or fails with everything that is wrong, before anything is written.
 *
 * @throws `RangeflowFailure`
 */
export const prepare = async (
  wanted: Partial<Settings>,
  { estimators, out, numbered = false, resume = false }: TrainOptions,
): Promise<Prepared> => {
  const saved = resume ? resumed(wanted, out) : undefined;
  if (!resume && !numbered && out !== undefined) checkFree(out);
  const settings = saved?.settings ?? (await settingsInForce(wanted));
  const task = taskOf(settings);
  const quantizers = await quantization(settings, estimators, () =>
    endsOf(models[settings.model], data.shape),
  );
  const data = await dataNamed(settings);
  const { train: inOrder, test } = task.batches(data, settings);
  const train = withTrials(inOrder, settings);
  const timetable: Timetable = {
    trainBatches: train.perEpoch,
    testBatches: test.perEpoch,
    epochs: settings.epochs,
  };
  const summary = summarizer(saved?.progress.run);
  const history = saved && out !== undefined ? pastOf(saved, out, summary) : noHistory;
  const engine = await engineOf(settings);
  try {
    const steps = settings.epochs * train.perEpoch;
    const built = network({ settings, engine, data, ...quantizers, history, steps });
    checkRoom({ settings, engine, data, ...quantizers, steps });
    if (saved && out !== undefined) restore(out, saved, built.parameters);
    return {
      settings,
      task,
      data,
      engine,
      network: built,
      batches: { train, test },
      timetable,
      runId: saved?.runId ?? runIdOf(settings),
      progress: saved?.progress ?? noProgress,
      step: saved?.step ?? 0,
      summary,
    };
  } catch (error) {
    engine.dispose();
    throw error;
  }
};
