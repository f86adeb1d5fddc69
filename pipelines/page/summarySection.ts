/** @file The summary of a run: what it was, how it ended, and what could not be read. */
import { numberText } from "../charts/chart.ts";
import type { RunView } from "../views/runView.ts";
import { element, section, table } from "./element.ts";
import type { Place } from "./look.ts";

const scoreText = (metric: string, score: number): string =>
  metric === "accuracy" ? `${numberText(100 * score)} %` : numberText(score);

const ending = ({ done, epochs, steps, state }: RunView): string => {
  if (done)
    return `${done.testImages > 0 ? "Test" : "Training"} ${done.metric} ${scoreText(done.metric, done.score)}, best ${scoreText(done.metric, done.bestScore)}, after ${steps} steps in ${numberText(done.seconds)} s.`;
  const last = epochs.at(-1);
  const soFar = last
    ? `; epoch ${last.epoch}: ${last.metric} ${scoreText(last.metric, last.testScore ?? last.trainScore)}`
    : "";
  return `${state === "open" ? "Not finished" : "Finished"}, ${steps} steps${soFar}.`;
};

export const summarySection = ({ run }: Place): HTMLElement =>
  section(
    "summary",
    "Summary",
    element("p", { class: "ending" }, ending(run)),
    ...run.missing.map((sentence) => element("p", { class: "missing", role: "alert" }, sentence)),
    element("details", {}, element("summary", {}, "What was run"), table(["fact", "value"], run.facts)),
  );
