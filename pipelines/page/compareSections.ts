/** @file Comparison of several runs: settings that differ, learning curves, and differences between the fits of their ranges. */
import { firstFew } from "../../core/firstFew.ts";
import { numberText } from "../charts/chart.ts";
import { differenceColour, fitDifferenceMap } from "../charts/fitDifferenceMap.ts";
import { lossOverlay, metricsOf, scoreOverlay } from "../charts/learningOverlay.ts";
import { fitDifferences } from "../views/fitDifference.ts";
import type { RunView } from "../views/runView.ts";
import { scoreName } from "../views/scoreText.ts";
import type { StudyView } from "../views/studyView.ts";
import { choice } from "./choice.ts";
import { differencesTable } from "./differencesTable.ts";
import { type Child, element, section, table, tableBehind } from "./element.ts";
import type { Place } from "./look.ts";
import { lossAxis } from "./lossAxis.ts";
import { studyParts } from "./studyParts.ts";
import { type Steps, zoomable } from "./zoom.ts";

/** Input of the comparison. */
export interface ComparePlace extends Pick<Place, "look" | "go" | "width"> {
  readonly runs: readonly RunView[];
  readonly study: StudyView | undefined;
  /** Width of the whole page in pixels. */
  readonly fullWidth: number;
}

const across = (made: HTMLElement): HTMLElement => {
  made.classList.add("across");
  return made;
};

const zoomIn =
  ({ go }: ComparePlace) =>
  (steps: Steps | undefined): void =>
    go({ steps });

/** Text about runs that are drawn more coarsely because they share a page. */
const coarseText = (runs: readonly RunView[]): string => {
  const widest = Math.max(...runs.map(({ width }) => width));
  return widest === 1
    ? ""
    : `The runs share one file: up to ${widest} steps share a place in the charts, with the least and the greatest of them. A report of fewer runs can be finer.`;
};

/** Facts of the runs, and the quantities by which they are compared. */
const comparisonSection = (place: ComparePlace): HTMLElement => {
  const { runs, study } = place;
  const coarse = coarseText(runs);
  return across(
    section(
      "summary",
      study?.title ?? "Comparison",
      ...(study ? studyParts(study, place.fullWidth) : []),
      element("h3", {}, "Runs"),
      differencesTable(runs, study),
      ...(coarse === "" ? [] : [element("p", { class: "about" }, coarse)]),
    ),
  );
};

/** Names of the groups that share a colour: cells, if runs are seeds of cells. */
const groupsOf = ({ runs, study }: ComparePlace): readonly string[] => {
  const cells = new Set(study?.runs.map(({ cell }) => cell));
  return runs.map(({ name }, i) => {
    const cell = study?.runs[i]?.cell;
    return study && cell !== undefined && cells.size < runs.length ? study.cells[cell]! : name;
  });
};

const overlayOptions = (place: ComparePlace) => ({
  width: place.width,
  groups: groupsOf(place),
  ...(place.look.steps && { steps: place.look.steps }),
});

const linesText = (place: ComparePlace): string =>
  new Set(groupsOf(place)).size < place.runs.length
    ? "Thin lines are runs, thick ones the means of those that differ in their seeds alone."
    : "Lines are means over the steps that share a place.";

const lossSection = (place: ComparePlace): HTMLElement => {
  const axis = choice(place, "loss axis", ["linear", "log"], lossAxis(place.runs));
  return section(
    "learning",
    "Training loss",
    axis.control,
    zoomable(lossOverlay(place.runs, { ...overlayOptions(place), axis: axis.value }), zoomIn(place)),
    element("p", { class: "about" }, linesText(place)),
  );
};

const epochsTable = (runs: readonly RunView[], metric: string): HTMLTableElement => {
  const epochs = [...new Set(runs.flatMap((run) => run.epochs.map(({ epoch }) => epoch)))].sort(
    (a, b) => a - b,
  );
  return table(
    ["run", ...epochs.map((epoch) => `epoch ${epoch}`)],
    runs.map((run) => [
      run.name,
      ...epochs.map((epoch) => {
        const found = run.epochs.find((one) => one.epoch === epoch && one.metric === metric);
        const score = found?.testScore ?? found?.trainScore;
        return score === undefined ? "" : numberText(score);
      }),
    ]),
  );
};

const scoreSection = (place: ComparePlace): HTMLElement =>
  section(
    "scores",
    "Scores",
    ...metricsOf(place.runs).flatMap((metric): readonly Child[] => [
      zoomable(scoreOverlay(place.runs, metric, overlayOptions(place)), zoomIn(place)),
      tableBehind(`Epochs as a table, ${scoreName(metric)}`, () => epochsTable(place.runs, metric)),
    ]),
  );

/** A list of the runs, one of which is selected. */
const runList = (
  { runs, look, go }: ComparePlace,
  name: string,
  otherwise: number,
): readonly [number, HTMLElement] => {
  const chosen = runs.findIndex((run) => run.name === look.choices[name]);
  const index = chosen < 0 ? otherwise : chosen;
  const list = element(
    "select",
    { "aria-label": name },
    ...runs.map((run, i) =>
      element("option", { value: run.name, ...(i === index && { selected: "" }) }, run.name),
    ),
  );
  list.addEventListener("change", () => go({ choices: { ...look.choices, [name]: list.value } }));
  return [index, list];
};

/** Two runs with recorded sites, if possible of two cells and the same seed. */
const pairIn = ({ runs, study }: ComparePlace): readonly [number, number] => {
  const recorded = runs.flatMap(({ sites }, i) => (sites.length > 0 ? [i] : []));
  const [one = 0, next = 1] = recorded;
  const cellOf = (i: number): number | undefined => study?.runs[i]?.cell;
  const seedOf = (i: number): string | undefined => runs[i]!.facts.find(([name]) => name === "seed")?.[1];
  const other = recorded.find((i) => cellOf(i) !== cellOf(one) && seedOf(i) === seedOf(one));
  return [one, other ?? next];
};

const key = (first: string, second: string): HTMLElement =>
  element(
    "p",
    { class: "key" },
    `ranges of ${second} narrower for their tensors`,
    ...[-1, -0.5, 0, 0.5, 1].map((difference) =>
      element("span", {
        class: "swatch",
        style: `background:${differenceColour(difference)}`,
        title: `${numberText(Number((2 ** difference).toPrecision(3)))} times as wide`,
      }),
    ),
    `wider, than those of ${first}; blank where one of them has observed no tensor`,
  );

const onlyIn = (name: string, sites: readonly string[]): readonly Child[] =>
  sites.length === 0 ? [] : [element("p", { class: "about" }, `Only ${name} has ${firstFew(sites, 12)}.`)];

const differenceSection = (place: ComparePlace): HTMLElement => {
  const { runs, look, fullWidth } = place;
  const [one, other] = pairIn(place);
  const [a, firstList] = runList(place, "first run", one);
  const [b, secondList] = runList(place, "second run", other);
  const [first, second] = [runs[a]!, runs[b]!];
  const { cells, onlyFirst, onlySecond } = fitDifferences(first, second, look.steps);
  const options = { width: fullWidth, ...(look.steps && { steps: look.steps }) };
  return across(
    section(
      "fit",
      "Difference of the fit maps",
      element("p", { class: "about" }, secondList, " less ", firstList),
      ...(cells.length === 0
        ? [element("p", {}, "The runs have recorded no site that is in both.")]
        : [
            key(first.name, second.name),
            zoomable(fitDifferenceMap(first, second, options), zoomIn(place)),
            tableBehind("Differences as a table", () =>
              table(
                ["site", "from step", "to", `log2 fit, ${first.name}`, second.name, "difference"],
                cells.map((cell) => [
                  cell.site,
                  String(cell.from),
                  String(cell.to - 1),
                  numberText(cell.first),
                  numberText(cell.second),
                  numberText(cell.second - cell.first),
                ]),
              ),
            ),
          ]),
      ...onlyIn(first.name, onlyFirst),
      ...onlyIn(second.name, onlySecond),
    ),
  );
};

/** Parts of a page with several runs, when the comparison is shown. */
export const comparisonParts = (place: ComparePlace): readonly (() => HTMLElement)[] => [
  () => comparisonSection(place),
  () => lossSection(place),
  () => scoreSection(place),
  ...(place.runs.length > 1 ? [() => differenceSection(place)] : []),
];
