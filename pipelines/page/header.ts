/** @file Header of the page, which stays visible: the run, its state and score, and links to the parts. */
import type { RunView } from "../views/runView.ts";
import { scoreText } from "../views/scoreText.ts";
import { element } from "./element.ts";
import { allRuns, type Go, type Look } from "./look.ts";
import { comparisonAddress, runAddress } from "./runAddress.ts";
import { stepsPicker } from "./stepsPicker.ts";

const linksOf = ({ detections, state }: RunView): readonly (readonly [id: string, name: string])[] => [
  ["summary", "Summary"],
  ...(state === "imported" ? [] : [["learning", "Learning"] as const]),
  ["fit", "Fit map"],
  ...(state === "imported" ? [] : [["bytes", "Bytes"] as const]),
  ...(detections ? [["detections", "Detections"] as const] : []),
  ["site", "Site"],
];

const comparisonLinks = [
  ["summary", "Summary"],
  ["learning", "Loss"],
  ["scores", "Scores"],
  ["fit", "Fit maps"],
] as const;

/** State of a run in one or two words. */
const stateOf = ({ state, failure, missing }: RunView): string => {
  if (missing.length > 0) return "incomplete";
  if (failure !== undefined) return "failed";
  return state === "open" ? "not finished" : state;
};

/** Score of a run, if known: the final one, or that of its last epoch. */
const scoreOf = ({ done, epochs }: RunView): string | undefined => {
  if (done)
    return `${done.testImages > 0 ? "test" : "training"} ${done.metric} ${scoreText(done.metric, done.score)}`;
  const last = epochs.at(-1);
  return last === undefined
    ? undefined
    : `${last.testScore === undefined ? "training" : "test"} ${last.metric} ${scoreText(last.metric, last.testScore ?? last.trainScore)} after epoch ${last.epoch}`;
};

const runPicker = (runs: readonly RunView[], look: Look): HTMLElement => {
  const option = (name: string, address: string, i: number): HTMLElement =>
    element("option", { value: address, ...(i === look.run && { selected: "" }) }, name);
  const picker = element(
    "select",
    { "aria-label": "Run" },
    option(runs.length === 1 ? "the study" : `all ${runs.length} runs`, comparisonAddress, allRuns),
    ...runs.map(({ name }, i) => option(name, runAddress(name), i)),
  );
  picker.addEventListener("change", () => {
    location.hash = picker.value;
  });
  return picker;
};

/** State and score of a run. */
const ofRun = (run: RunView, live: HTMLElement | undefined): readonly HTMLElement[] => {
  const score = scoreOf(run);
  const state = stateOf(run);
  return [
    live ?? element("span", { class: `state ${state.replace(" ", "-")}` }, state),
    ...(score === undefined ? [] : [element("span", { class: "score" }, score)]),
  ];
};

/**
 * The header.
 *
 * @param hasComparison whether there is a comparison in addition to the single runs
 * @param live element with the state of a run in progress, instead of the state in its files
 */
export const header = (
  runs: readonly RunView[],
  look: Look,
  go: Go,
  hasComparison: boolean,
  live: HTMLElement | undefined,
): HTMLElement => {
  const run = runs[look.run];
  const timed = run ?? runs.toSorted((a, b) => b.steps - a.steps)[0]!;
  return element(
    "header",
    {},
    element("h1", {}, hasComparison ? runPicker(runs, look) : run!.name),
    ...(run ? ofRun(run, live) : []),
    ...(timed.steps > 0 ? [stepsPicker(timed, look, go)] : []),
    element(
      "nav",
      { "aria-label": "Parts of the page" },
      ...(run ? linksOf(run) : comparisonLinks).map(([id, name]) => element("a", { href: `#${id}` }, name)),
    ),
  );
};
