/** @file Everything that a run needs before its first batch: settings, data, engine, network, and its past. */
import * as E from "fp-ts/lib/Either.js";
import type { Engine } from "../core/engine.ts";
import { problem, RangeflowFailure } from "../core/errors.ts";
import { selectEngine } from "../core/kernels/select.ts";
import type { RangeSeen } from "../core/signal.ts";
import { type Batches, orderedBatches, trainBatches } from "./data/batches.ts";
import type { Dataset } from "./data/dataset.ts";
import { dataNamed } from "./dataNamed.ts";
import { historyOf } from "./history.ts";
import { type Network, network } from "./network.ts";
import { type GivenEstimators, quantization } from "./quantization.ts";
import {
  loadRun,
  makeRunDirectory,
  type Progress,
  recordingOf,
  restore,
  type SavedRun,
} from "./runDirectory.ts";
import { runIdOf } from "./runId.ts";
import { decodeSettings, type Settings } from "./settings.ts";
import type { Timetable } from "./timetable.ts";
import { mayHaveGpu, navigatorGpu } from "./webgpu.ts";

export interface TrainOptions {
  /** Estimators as values, instead of by name in the settings. */
  readonly estimators?: GivenEstimators;
  /** Directory for checkpoint and recording; without one nothing is written. */
  readonly out?: string;
  /** Go on with the run that `out` holds; its settings are those that were saved. */
  readonly resume?: boolean;
}

export interface Prepared {
  readonly settings: Settings;
  readonly data: Dataset;
  readonly engine: Engine;
  readonly network: Network;
  readonly batches: { readonly train: Batches; readonly test: Batches };
  readonly timetable: Timetable;
  readonly runId: string;
  readonly progress: Progress;
  /** Training steps that lie behind the run. */
  readonly step: number;
  /** What the run has recorded before it was resumed. */
  readonly past: readonly RangeSeen[];
}

const decoded = (wanted: Readonly<Record<string, unknown>>): Settings => {
  const settings = decodeSettings(wanted);
  if (E.isLeft(settings)) throw new RangeflowFailure(...settings.left);
  return settings.right;
};

const resumed = (wanted: Readonly<Record<string, unknown>>, out: string | undefined): SavedRun => {
  if (out === undefined)
    throw new RangeflowFailure(problem("--resume", "no run to go on with", "--out DIR of the run"));
  const run = loadRun(out);
  const saved: Readonly<Record<string, unknown>> = { ...run.settings };
  const changed = Object.entries(decoded({ ...saved, ...wanted })).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(saved[name]),
  );
  if (changed.length > 0)
    throw new RangeflowFailure(
      problem(
        "--resume",
        `other settings: ${changed.map(([name]) => name).join(", ")}`,
        "those of the saved run",
        "leave them out",
      ),
    );
  return run;
};

/** Opens the engine that the settings name. */
const engineOf = async ({ engine }: Settings): Promise<Engine> => {
  const isWanted = engine === "gpu" || (engine === "auto" && mayHaveGpu());
  const gpu = isWanted ? await navigatorGpu() : undefined;
  const selected = await selectEngine(engine, { navigatorGpu: gpu });
  if (E.isLeft(selected)) throw new RangeflowFailure(selected.left);
  return selected.right;
};

const fresh: Progress = { index: 0, metrics: [], bestTestAccuracy: 0 };

/**
 * Checks and opens everything, or fails with everything that is wrong, before anything is written.
 *
 * @throws `RangeflowFailure`
 */
export const prepare = async (
  wanted: Partial<Settings>,
  { estimators, out, resume = false }: TrainOptions,
): Promise<Prepared> => {
  const saved = resume ? resumed(wanted, out) : undefined;
  const settings = saved?.settings ?? decoded(wanted);
  const quantizer = await quantization(settings, estimators);
  const data = dataNamed(settings);
  const train = trainBatches(data, {
    batch: settings.batch,
    seed: settings.seed,
    augment: settings.augment && settings.data === "cifar10",
  });
  const test = orderedBatches(data, data.test, settings.batch);
  const timetable: Timetable = {
    trainBatches: train.perEpoch,
    testBatches: test.perEpoch,
    epochs: settings.epochs,
  };
  const step = saved?.step ?? 0;
  const past =
    saved && out !== undefined ? [...recordingOf(out).rows()].filter((row) => row.step < step) : [];
  const history = historyOf(past);
  const engine = await engineOf(settings);
  try {
    const built = network({
      settings,
      engine,
      data,
      quantizer,
      history: (site) => history.get(site) ?? [],
      steps: settings.epochs * train.perEpoch,
    });
    if (saved && out !== undefined) restore(out, saved, built.parameters);
    else if (out !== undefined) makeRunDirectory(out);
    return {
      settings,
      data,
      engine,
      network: built,
      batches: { train, test },
      timetable,
      runId: saved?.runId ?? runIdOf(settings),
      progress: saved?.progress ?? fresh,
      step,
      past,
    };
  } catch (error) {
    engine.dispose();
    throw error;
  }
};
