/** @file Metrics of a run by name: each stands for one number, and the run is judged by one that there is. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import type { Note } from "../../operators/module/notes.ts";
import type { Experiment } from "../experiments/experiment.ts";

/**
 * Checks the metrics of an experiment against those that its loss emits, as far as it says so.
 *
 * @param notes of the modules that the run trains
 * @throws `RangeflowFailure` for an own metric with a name of the loss's, and for a score that names no metric
 */
export const checkMetrics = (
  { metrics, score }: Pick<Experiment, "metrics" | "score">,
  notes: readonly Note[],
): void => {
  const ofLoss = [...new Set(notes.flatMap((note) => (note._tag === "MetricNames" ? note.names : [])))];
  const own = metrics.map(({ name }) => name);
  const all = [...ofLoss, ...own];
  const taken: readonly Problem[] = own
    .filter((name) => ofLoss.includes(name))
    .map((name) =>
      problem(
        "experiment, metrics",
        `${name}, which the loss tells already`,
        "another name",
        "both would be averaged into one number",
      ),
    );
  const isUnknown = score !== undefined && ofLoss.length > 0 && !all.includes(score.metric);
  const problems = isUnknown
    ? [...taken, problem("experiment, score", `no metric ${score.metric}`, expectedName(score.metric, all))]
    : taken;
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};
