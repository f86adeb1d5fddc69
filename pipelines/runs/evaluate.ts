import { resolve } from "node:path";
import { concatMap, defer, finalize, from, last, map, type Observable, scan } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { beginStep } from "../../operators/module/build.ts";
import { runBatches } from "../../operators/module/runBatches.ts";
import { type Summarizer, summarizer } from "../../operators/taps/metrics.ts";
import { checkSource, type RunSource } from "../experiments/source.ts";
import type { MetricEvent } from "./events.ts";
import type { Opening } from "./openSource.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { testMetric } from "./progress.ts";
import { type Resources, resourceNames } from "./resources.ts";
import { scoreFor } from "./scores.ts";

/** Scores of a saved network on test samples. */
export interface Evaluation {
  readonly step: number;
  readonly images: number;
  readonly testLoss: number;
  /** Metric that the run is judged by, and its value. */
  readonly metric: string;
  readonly testScore: number;
  /** Values of a user's own metrics; absent without any. */
  readonly metrics?: readonly Required<Pick<MetricEvent, "name" | "test">>[];
}

const optionNames: OptionNames<Opening & Partial<Resources>> = { ...resourceNames, trust: true };

const evaluationOf = ({ step, data, experiment }: Prepared, summary: Summarizer): Evaluation => {
  const { metric } = scoreFor(experiment.score, (name) => !Number.isNaN(testMetric(summary, name)));
  return {
    step,
    images: data.content.test,
    testLoss: testMetric(summary, "loss"),
    metric,
    testScore: testMetric(summary, metric),
    ...(experiment.metrics.length > 0 && {
      metrics: experiment.metrics.map(({ name }) => ({ name, test: testMetric(summary, name) })),
    }),
  };
};

const evaluated = (run: Prepared): Observable<Evaluation> => {
  const { engine, network, batches, step, data, resources } = run;
  if (batches.test.perEpoch === 0)
    throw new RangeflowFailure(
      problem("evaluate", `data without test samples: ${data.name}`, "some", "fromArrays takes them as test"),
    );
  return runBatches({ to: batches.test.perEpoch, patience: resources.patience }, (batch) =>
    beginStep(engine, batches.test.make(batch), { step, training: false }),
  )(network.layer).pipe(
    scan((summary, signal) => {
      summary.add(signal);
      return summary;
    }, summarizer()),
    last(),
    map((summary) => evaluationOf(run, summary)),
    finalize(() => engine.dispose()),
  );
};

/**
 * The score of a run's last checkpoint on its test samples: every site uses its newest range, nothing is learned or written.
 *
 * @param source the experiment of the run; `builtIn()` where that was a built-in one, with what differs in where its data lie now
 * @param dir the directory of the run
 * @param options the engine, and whether files that the run names are executed unless the source names them again
 * @returns emits once; errors with `RangeflowFailure` if there is no run, a damaged one, or one of another experiment, or whose data or
 *   files are others now
 * @example not run: it reads a run
 * const score$ = evaluate(builtIn(), "runs/mine");
 * score$.subscribe(({ metric, testScore }) => console.log(metric, testScore));
 */
export const evaluate = (
  source: RunSource,
  dir: string,
  options: Opening & Partial<Resources> = {},
): Observable<Evaluation> =>
  defer(() => {
    checkSource("evaluate", source);
    knownOptions("evaluate", options, optionNames);
    return from(prepare(source, { ...options, out: resolve(dir), resume: true, where: "evaluate" }));
  }).pipe(concatMap(evaluated));
