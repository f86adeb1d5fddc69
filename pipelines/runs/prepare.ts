/** @file Preparation of a run before its first batch: experiment, data, engine, network, and its past. */
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { scopeFor } from "../../operators/module/build.ts";
import { layerPaths } from "../../operators/sites/layerPaths.ts";
import { type Summarizer, summarizer } from "../../operators/taps/summarizer.ts";
import { type OverriddenRule, overriddenRules } from "../../quantizers/rules/overriddenRules.ts";
import { type ResolvedRules, type ResolvedSite, resolveRules } from "../../quantizers/rules/resolveRules.ts";
import type { Batches } from "../data/batches.ts";
import type { DataContent } from "../data/dataContent.ts";
import type { Dataset, TrainAndTest } from "../data/dataset.ts";
import type { Experiment } from "../experiments/experiment.ts";
import type { RunSource } from "../experiments/source.ts";
import { FileFailure } from "../files/fileErrors.ts";
import { bePatient } from "../foreign/watchdog.ts";
import { firstRangeIn, firstRangesOf } from "../weights/firstRanges.ts";
import { initialMatch } from "../weights/initialWeights.ts";
import type { WeightMatch } from "../weights/weightMatch.ts";
import { refuse } from "./claim.ts";
import { type History, historyBefore, noHistory } from "./history.ts";
import { identified } from "./identified.ts";
import { differences, type Identity, runIdOf } from "./identity.ts";
import { checkCodePlace, codeOf, type KeptCode, noCode } from "./keptCode.ts";
import { type Network, type NetworkOptions, network, networkFor, type RunSteps } from "./network.ts";
import { type GivenData, type Opening, openSource } from "./openSource.ts";
import { checkSize, type PlannedModel } from "./plannedModel.ts";
import { type Provenance, provenanceNow } from "./provenance.ts";
import { engineOf, type Resources, saidResources } from "./resources.ts";
import { checkRoom, hasRoomByFar } from "./room.ts";
import { checkFree, checkpointIn, loadRun, restore, type SavedRun } from "./runDirectory.ts";
import { recordingOf } from "./runRecording.ts";
import { checkPlace, noProgress, type Progress } from "./savedProgress.ts";
import type { Timetable } from "./timetable.ts";
import { askedInVain, type WithoutEffect } from "./withoutEffect.ts";

/** Options of a run that decide no bit: directory, resources, and how it is opened. */
export interface TrainOptions extends Opening, Partial<Resources> {
  /** Directory for checkpoint and recording. Default: none; nothing is written. */
  readonly out?: string;
  /** Let a new run take the first of `out`, `out-2`, `out-3`, .. that does not exist. Default: false. */
  readonly numbered?: boolean;
  /** Resume the run in `out`. Default: false. */
  readonly resume?: boolean;
  /** Expected id of the run, as `runIdOf` returns it; any other run is refused. Default: not checked. */
  readonly runId?: string;
}

/** A run that is ready to start. */
export interface Prepared {
  readonly experiment: Experiment;
  readonly resources: Resources;
  readonly identity: Identity;
  readonly provenance: Provenance;
  /** Settings and rules without effect on this run. */
  readonly inVain: readonly WithoutEffect[];
  /** Rules for some sites that later rules for all sites override. */
  readonly overridden: readonly OverriddenRule[];
  readonly data: Pick<Dataset, "name" | "classes" | "shape" | "normalization" | "blank"> & {
    readonly content: DataContent;
  };
  /** Plan of its float32 network: paths and shapes of parameters, and notes of layers. */
  readonly planned: PlannedModel;
  /** Names of the metrics that its modules emit. */
  readonly declared: readonly string[];
  readonly engine: Engine;
  readonly network: Network;
  /** Quantizers of its sites. */
  readonly sites: readonly ResolvedSite[];
  readonly batches: TrainAndTest;
  /** Samples per batch. */
  readonly batch: number;
  readonly timetable: Timetable;
  readonly length: RunSteps;
  /** Learning rate of a step. */
  readonly rate: (step: number) => number;
  /** Code to keep copies of; empty for a resumed run. */
  readonly code: KeptCode;
  /** Initial weights from a file; undefined for a resumed run. */
  readonly initial?: WeightMatch;
  readonly runId: string;
  readonly progress: Progress;
  /** Training steps done before. */
  readonly step: number;
  /** Summary of the whole run, including what was recorded before it was resumed. */
  readonly summary: Summarizer;
}

/** The run that a directory holds. */
const savedRun = ({ out }: TrainOptions): SavedRun => {
  if (out === undefined)
    throw new RangeflowFailure(
      problem("--resume", "no run to resume", "--out DIR, the directory of the run"),
    );
  return loadRun(out);
};

/** Past of a saved run, from its recording. The summary counts its rows. */
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

/** @throws `RangeflowFailure` if the run is not the planned one */
const checkRunId = (identity: Identity, { runId }: TrainOptions): void => {
  if (runId !== undefined && runIdOf(identity) !== runId)
    throw new FileFailure(
      problem(
        "the run",
        `data or files of ${runIdOf(identity)}`,
        `those of ${runId}, which was planned`,
        "they have changed since; start again to use their present contents",
      ),
    );
};

/** Batches in the order of the optimizer: one that tries steps sees some of them twice. */
const asWanted = (batches: Batches, { optimizer }: Experiment): Batches => {
  const { batchAt } = optimizer;
  return batchAt ? { ...batches, make: (step, into) => batches.make(batchAt(step), into) } : batches;
};

/** Batches of an experiment, and its length. */
const planOf = (experiment: Experiment, data: Dataset, batch: number) => {
  const { seed, epochs } = experiment;
  const { train, test } = data.batches({ batch, seed });
  const timetable: Timetable = { trainBatches: train.perEpoch, testBatches: test.perEpoch, epochs };
  const length: RunSteps = { steps: epochs * train.perEpoch, perEpoch: train.perEpoch };
  return { batches: { train: asWanted(train, experiment), test }, timetable, length };
};

/** Rules of an experiment, resolved for its network. */
const resolved = (experiment: Experiment, data: Dataset): ResolvedRules => {
  const scope = scopeFor({ engine: reference(), shape: data.shape });
  return getOrThrow(
    resolveRules(experiment.quantization, {
      layers: () => layerPaths(networkFor(experiment, data), scope),
    }),
  );
};

/** Samples per batch. Data refuse a batch larger than their training split, which does not matter for an evaluation. */
export const batchFor = (
  { batch }: Pick<Experiment, "batch">,
  { train }: Pick<DataContent, "train">,
  { onlyEvaluates = false }: Pick<PrepareOptions, "onlyEvaluates">,
): number => (onlyEvaluates ? Math.min(batch, Math.max(train, 1)) : batch);

/** Name of what opens a run, for messages. */
const whereOf = ({ where = "--resume" }: PrepareOptions): string => where;

/** Options of `prepare`. */
export interface PrepareOptions extends TrainOptions, GivenData, Pick<NetworkOptions, "onlookers"> {
  /** Name of what opens a saved run, for messages. Default: `--resume`. */
  readonly where?: string;
  /** Evaluate only: the batch may exceed the number of training samples. Default: false. */
  readonly onlyEvaluates?: boolean;
}

/**
 * Checks and opens everything before anything is written. Reports all problems together where possible.
 *
 * @throws `RangeflowFailure`
 */
export const prepare = async (source: RunSource, options: PrepareOptions): Promise<Prepared> => {
  const { out, numbered = false, resume = false } = options;
  const saved = resume ? savedRun(options) : undefined;
  const open = await openSource(source, saved?.identity, whereOf(options), options, saidResources(options));
  const code = resume || out === undefined ? noCode : codeOf(open.files);
  if (!resume && !numbered && out !== undefined) {
    checkFree(out);
    checkCodePlace(out, code);
  }
  const { experiment, resources, asked, watch } = open;
  const { patience } = resources;
  bePatient(patience);
  const { data, identity, content, planned, declared } = await identified(open);
  if (saved) refuse(whereOf(options), differences(identity, saved.identity));
  checkRunId(identity, options);
  const initial = !saved && open.initial ? initialMatch(open.initial, planned) : undefined;
  const firstRanges = saved ? saved.identity.firstRanges : initial?.grids && firstRangesOf(initial);
  const batch = batchFor(experiment, content, saved ? {} : options);
  const { batches, timetable, length } = planOf(experiment, data, batch);
  if (saved && out !== undefined) checkPlace(checkpointIn(out), saved, timetable);
  const summary = summarizer(saved?.progress.run);
  const history = saved && out !== undefined ? pastOf(saved, out, summary) : noHistory;
  const quantization = watch("quantization")(-1, () => resolved(experiment, data));
  const engine = await engineOf(resources);
  try {
    checkSize(experiment, planned.parameters, engine);
    const parts = { experiment, engine, data, ...quantization, patience, length, watch };
    const { onlookers } = options;
    const built = network({
      ...{ ...parts, history },
      ...(onlookers && { onlookers }),
      ...(initial && { initial }),
      ...(firstRanges && { firstRange: firstRangeIn(firstRanges) }),
    });
    const inVain = open.inVain({
      quantization,
      products: built.products,
      learnsQuantizers: built.parameters.list().some(({ learning }) => learning !== undefined),
    });
    // Planned runs were checked by their plan, and resumed runs when they began.
    const refused = saved || options.runId !== undefined ? [] : askedInVain(inVain, asked);
    if (refused.length > 0) throw new RangeflowFailure(...refused);
    const own = new Set(built.ownSites.map(({ site }) => site));
    const sites = [...quantization.sites().filter(({ site }) => !own.has(site)), ...built.ownSites];
    if (!hasRoomByFar(planned, parts)) checkRoom(parts);
    if (saved && out !== undefined) restore(out, saved, engine, built.parameters);
    return {
      experiment,
      resources,
      identity: { ...identity, ...(firstRanges && { firstRanges }) },
      inVain,
      overridden: overriddenRules(quantization),
      provenance: saved?.provenance ?? provenanceNow(),
      data: {
        ...{ name: data.name, classes: data.classes, shape: data.shape, blank: data.blank, content },
        ...(data.normalization && { normalization: data.normalization }),
      },
      planned,
      declared,
      engine,
      network: built,
      sites,
      batches,
      batch,
      timetable,
      length,
      rate: (step) => experiment.schedule(step, length.steps),
      code,
      ...(initial && { initial }),
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
