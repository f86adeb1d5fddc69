import { resolve } from "node:path";
import { concatMap, defer, finalize, last, map, type Observable, scan } from "rxjs";
import { conflict, problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { beginStep } from "../../operators/module/build.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { type Summarizer, summarizer } from "../../operators/taps/summarizer.ts";
import type { Batches } from "../data/batches.ts";
import { type InputNormalization, inputNormalization } from "../data/inputNormalization.ts";
import { builtInExperiment } from "../experiments/builtInExperiment.ts";
import type { DataSource } from "../experiments/experiment.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { decodeSettings } from "../settings/settings.ts";
import { type FirstGrids, firstGrids } from "../weights/firstGrids.ts";
import type { MetricEvent } from "./events.ts";
import { contentIn, dataOf } from "./identified.ts";
import type { Identity } from "./identity.ts";
import type { Opening } from "./openSource.ts";
import { type OtherInputs, otherInputs } from "./otherInputs.ts";
import { batchFor, type Prepared, prepare } from "./prepare.ts";
import { testMetric } from "./progress.ts";
import { type Resources, resourceNames } from "./resources.ts";
import { scoreFor } from "./scores.ts";
import { toldMetrics } from "./toldMetrics.ts";

/** Scores of a saved network on test samples. */
export interface Evaluation extends InputNormalization, OtherInputs {
  /** Training steps of the network. */
  readonly step: number;
  /** Number of test samples. */
  readonly images: number;
  /**
   * Samples per batch, if that is fewer than requested because there are fewer training samples. Dynamic ranges depend on it.
   */
  readonly batch?: number;
  /** Name of the data, if they differ from those of the run. */
  readonly otherData?: string;
  /** Sites that start on grids of a weights file; absent unless such a file has any. */
  readonly grids?: FirstGrids;
  /** Mean loss over the test samples. */
  readonly testLoss: number;
  /** Metric that scores the run. */
  readonly metric: string;
  /** Value of that metric on the test samples. */
  readonly testScore: number;
  /** Values of user-defined metrics and of metrics that modules emit, such as the terms of a loss; absent if there are none. */
  readonly metrics?: readonly Required<Pick<MetricEvent, "name" | "test">>[];
}

/** Options of `evaluate`. The experiment and the training data have to be those of the run. */
export interface EvaluateOptions extends Opening, Partial<Resources> {
  /**
   * Other data, whose test samples replace those of the run. Bytes are normalized with the statistics of its training samples, so include
   * the training samples of the run. Default: the data of the run.
   */
  readonly data?: DataSource;
  /** Samples per batch. Default: as in training. */
  readonly batch?: number;
  /** Largest number of test samples, for built-in data only; may exceed the run's own limit. Default: the limit of the run. */
  readonly testLimit?: number;
}

const optionNames: OptionNames<EvaluateOptions> = {
  ...resourceNames,
  trust: true,
  data: true,
  batch: true,
  testLimit: true,
};

/** Test samples that a run is evaluated on. */
interface TestSamples {
  readonly name: string;
  readonly count: number;
  readonly batches: Batches;
  /** Samples per batch, if that is fewer than requested. */
  readonly fewer?: number;
  readonly areOther: boolean;
  readonly normalization: InputNormalization;
}

/** Data of a built-in run with another limit on its test samples. */
const limitedData = ({ from, settings }: Identity, testLimit: number): DataSource => {
  if (from !== "settings")
    throw new RangeflowFailure(
      conflict(
        "evaluate",
        "accepts a limit of test samples for built-in data only",
        "give fewer test samples, as data in code or with --test-data FILE",
      ),
    );
  return builtInExperiment(getOrThrow(decodeSettings({ ...settings, testLimit })), []).data;
};

const testSamplesOf = async (
  { identity, experiment, data, batches, batch: prepared }: Prepared,
  { data: given, batch = experiment.batch, testLimit }: EvaluateOptions,
): Promise<TestSamples> => {
  const source = given ?? (testLimit === undefined ? undefined : limitedData(identity, testLimit));
  const fewer = (size: number): Pick<TestSamples, "fewer"> => (size < batch ? { fewer: size } : {});
  if (source === undefined && batch === experiment.batch)
    return {
      ...fewer(prepared),
      ...{ name: data.name, count: data.content.test, batches: batches.test, areOther: false },
      normalization: inputNormalization(data),
    };
  const read = await dataOf({ ...experiment, ...(source !== undefined && { data: source }) });
  const content = await contentIn(experiment, read);
  const { sha256, test } = content;
  const size = batchFor({ batch }, content, { onlyEvaluates: true });
  const made = read.batches({ batch: size, seed: experiment.seed });
  return {
    ...fewer(size),
    ...{ name: read.name, count: test, batches: made.test, areOther: sha256 !== data.content.sha256 },
    normalization: inputNormalization(read),
  };
};

const evaluationOf = (
  { step, experiment, initial, sites, declared }: Prepared,
  { name, count, fewer, areOther, normalization }: TestSamples,
  summary: Summarizer,
): Evaluation => {
  const { metric } = scoreFor(experiment.score, (name) => !Number.isNaN(testMetric(summary, name)));
  const told = toldMetrics(experiment.metrics, declared, metric);
  const grids = initial && firstGrids(initial, sites);
  return {
    step,
    images: count,
    ...(fewer !== undefined && { batch: fewer }),
    ...(areOther && { otherData: name }),
    ...(grids && { grids }),
    testLoss: testMetric(summary, "loss"),
    metric,
    testScore: testMetric(summary, metric),
    ...(told.length > 0 && {
      metrics: told.map(({ name }) => ({ name, test: testMetric(summary, name) })),
    }),
    ...normalization,
    ...otherInputs(initial, normalization),
  };
};

const evaluated = (run: Prepared, samples: TestSamples): Observable<Evaluation> => {
  const { engine, network, step, resources } = run;
  const { name, batches } = samples;
  if (batches.perEpoch === 0)
    throw new RangeflowFailure(
      problem(
        "evaluate",
        `data without test samples: ${name}`,
        "at least one",
        "fromArrays accepts them as test",
      ),
    );
  return runBatches({ to: batches.perEpoch, patience: resources.patience }, (batch) =>
    beginStep(engine, batches.make(batch), {
      ...{ step, training: false },
      endsPass: batch === batches.perEpoch - 1,
    }),
  )(network.layer).pipe(
    scan((summary, signal) => {
      summary.add(signal);
      return summary;
    }, summarizer()),
    last(),
    map((summary) => evaluationOf(run, samples, summary)),
  );
};

/**
 * Evaluates a run's last checkpoint on its test samples, or on those of other data. Every site uses its latest range. Nothing is learned
 * or written.
 *
 * @param source the experiment of the run; for a built-in experiment `builtIn()`, with the settings that may differ now, such as the data
 *   directory
 * @param dir directory of the run. Default: none; the network is then evaluated before its first step, for example with the weights of a
 *   file, and each site uses the range that the file has for it, or that of its own tensor
 * @param options engine, other data, batch, and whether files that only the run names may be executed (`trust`)
 * @returns emits once. Errors with `RangeflowFailure` if the run is missing, damaged or of another experiment, if its data or files have
 *   changed, or if the network does not accept the other data
 * @example not run: it reads a run
 * const score$ = evaluate(builtIn(), "runs/mine");
 * score$.subscribe(({ metric, testScore }) => console.log(metric, testScore));
 */
export const evaluate = (
  source: RunSource,
  dir?: string,
  options: EvaluateOptions = {},
): Observable<Evaluation> =>
  defer(async () => {
    checkSource("evaluate", source);
    if (dir !== undefined) checkDirectory("evaluate", dir);
    const {
      data: _data,
      batch: _batch,
      testLimit: _limit,
      ...opening
    } = knownOptions("evaluate", options, optionNames);
    const of = dir === undefined ? {} : { out: resolve(dir), resume: true };
    const run = await prepare(source, { ...opening, ...of, where: "evaluate", onlyEvaluates: true });
    try {
      return { run, samples: await testSamplesOf(run, options) };
    } catch (error) {
      run.engine.dispose();
      throw error;
    }
  }).pipe(
    concatMap(({ run, samples }) =>
      defer(() => evaluated(run, samples)).pipe(finalize(() => run.engine.dispose())),
    ),
  );
