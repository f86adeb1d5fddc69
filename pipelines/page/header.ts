/** @file The header of the page, which stays in view: the run, its state and score, and links to the parts. */
import type { RunView } from "../views/runView.ts";
import { scoreText } from "../views/scoreText.ts";
import { element } from "./element.ts";
import type { Go, Look } from "./look.ts";
import { stepsPicker } from "./stepsPicker.ts";

const links = [
  ["summary", "Summary"],
  ["learning", "Learning"],
  ["fit", "Fit map"],
  ["bytes", "Bytes"],
  ["site", "Site"],
] as const;

/** The state of a run in a word or two. */
const stateOf = ({ state, missing }: RunView): string =>
  missing.length > 0 ? "incomplete" : state === "finished" ? "finished" : "not finished";

/** The score of a run, as far as it is known: the last one, or that of its last epoch. */
const scoreOf = ({ done, epochs }: RunView): string | undefined => {
  if (done)
    return `${done.testImages > 0 ? "test" : "training"} ${done.metric} ${scoreText(done.metric, done.score)}`;
  const last = epochs.at(-1);
  return last === undefined
    ? undefined
    : `${last.testScore === undefined ? "training" : "test"} ${last.metric} ${scoreText(last.metric, last.testScore ?? last.trainScore)} after epoch ${last.epoch}`;
};

const runPicker = (runs: readonly RunView[], look: Look, go: Go): HTMLElement => {
  const option = ({ name }: RunView, i: number): HTMLElement =>
    element("option", { value: String(i), ...(i === look.run && { selected: "" }) }, name);
  const picker = element("select", { "aria-label": "Run" }, ...runs.map(option));
  picker.addEventListener("change", () => go({ run: Number(picker.value), steps: undefined }));
  return picker;
};

/**
 * The header.
 *
 * @param live the state of a run that goes on, in place of what its files tell
 */
export const header = (
  runs: readonly RunView[],
  look: Look,
  go: Go,
  live: HTMLElement | undefined,
): HTMLElement => {
  const run = runs[look.run]!;
  const score = scoreOf(run);
  const state = stateOf(run);
  return element(
    "header",
    {},
    element("h1", {}, runs.length > 1 ? runPicker(runs, look, go) : run.name),
    live ?? element("span", { class: `state ${state.replace(" ", "-")}` }, state),
    ...(score === undefined ? [] : [element("span", { class: "score" }, score)]),
    ...(run.steps > 0 ? [stepsPicker(run, look, go)] : []),
    element(
      "nav",
      { "aria-label": "Parts of the page" },
      ...links.map(([id, name]) => element("a", { href: `#${id}` }, name)),
    ),
  );
};
