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
  readonly step: number;
  readonly images: number;
  /** Samples in a batch, where that is fewer than asked for since there are no more training samples; ranges of whole batches depend on it. */
  readonly batch?: number;
  /** Name of the data, if they are others than those of the run. */
  readonly otherData?: string;
  /** Sites of a network that begins with a file and are on grids of that file; absent of a file without any. */
  readonly grids?: FirstGrids;
  readonly testLoss: number;
  /** Metric that the run is judged by, and its value. */
  readonly metric: string;
  readonly testScore: number;
  /** Values of a user's own metrics, and of those that modules emit, such as the terms of a loss; absent without any. */
  readonly metrics?: readonly Required<Pick<MetricEvent, "name" | "test">>[];
}

/** Options of an evaluation. The run itself has to be what it was: its experiment, and the data that it was trained on. */
export interface EvaluateOptions extends Opening, Partial<Resources> {
  /**
   * Other data, whose test samples are taken in place of those of the run. Bytes are normalized by the training samples beside them, so give
   * those of the run.
   */
  readonly data?: DataSource;
  /** Samples in a batch; as in training where missing. */
  readonly batch?: number;
  /** At most so many test samples of a built-in data set, which may be more than the run had. */
  readonly testLimit?: number;
}

const optionNames: OptionNames<EvaluateOptions> = {
  ...resourceNames,
  trust: true,
  data: true,
  batch: true,
  testLimit: true,
};

/** The test samples that a run is evaluated on. */
interface TestSamples {
  readonly name: string;
  readonly count: number;
  readonly batches: Batches;
  /** Samples in a batch, where that is fewer than asked for. */
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
 * The score of a run's last checkpoint on its test samples, or on those of other data: every site uses its newest range, nothing is learned or
 * written.
 *
 * @param source the experiment of the run; `builtIn()` where that was a built-in one, with what differs in where its data lie now
 * @param dir the directory of the run; without one it is the network before its first step, such as one that begins with the weights of a file: each site
 *   takes the range that the file has for it, or that of its own tensor
 * @param options the engine, other data or another batch, and whether files that the run names are executed unless the source names them
 *   again
 * @returns emits once; errors with `RangeflowFailure` if there is no run, a damaged one, or one of another experiment, or whose data or
 *   files are others now, and for other data that its network does not take
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
