/** @file Checks the metrics of a run: each name stands for one number, and the score is one that exists. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { isEpochMetric } from "../../operators/taps/outputMetric.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { preferred } from "./scores.ts";

/**
 * Checks the metrics of an experiment against those that its loss declares.
 *
 * @param declared names of the metrics that its modules emit
 * @param testImages number of test samples
 * @throws `RangeflowFailure` if an own metric has a name of the loss's, or the score names no metric, names one of an evaluation where
 *   there are no test samples, or has the wrong direction
 */
export const checkMetrics = (
  { metrics, score }: Pick<Experiment, "metrics" | "score">,
  declared: readonly string[],
  testImages: number,
): void => {
  const own = metrics.map(({ name }) => name);
  const all = [...declared, ...own];
  const taken: readonly Problem[] = own
    .filter((name) => declared.includes(name))
    .map((name) =>
      problem(
        "experiment, metrics",
        `${name}, which the loss already reports`,
        "another name",
        "both would be averaged into one number",
      ),
    );
  const isUnknown = score !== undefined && declared.length > 0 && !all.includes(score.metric);
  const isUntested =
    testImages === 0 && metrics.some((one) => one.name === score?.metric && isEpochMetric(one));
  const known = [...metrics.map(({ name, better }) => ({ metric: name, better })), ...preferred].find(
    ({ metric }) => metric === score?.metric,
  );
  const isReversed = score !== undefined && known !== undefined && known.better !== score.better;
  const problems: readonly Problem[] = [
    ...taken,
    ...(isReversed
      ? [
          problem(
            "experiment, score",
            `${score.metric}, of which ${score.better} is better`,
            `${known.better}, as the metric declares`,
            "the best epoch would be the worst one",
          ),
        ]
      : []),
    ...(isUnknown
      ? [problem("experiment, score", `no metric ${score.metric}`, expectedName(score.metric, all))]
      : []),
    ...(isUntested
      ? [
          problem(
            "experiment, score",
            `${score?.metric}, which is computed over a whole evaluation, and data without test samples`,
            "test samples, or another score",
            "fromArrays accepts them as test",
          ),
        ]
      : []),
  ];
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};
