/** @file Key figures of a run, each with its name and its unit. */
import { counted } from "../../core/inWords.ts";
import { bytesText, shareText, shortText } from "../text/numbers.ts";
import type { RunView } from "../views/runView.ts";
import { scoreName, scoreText } from "../views/scoreText.ts";
import { sumIn, wholeRun } from "../views/spans.ts";
import { element } from "./element.ts";

/** Name, number, and a note below it. */
type Figure = readonly [name: string, value: string, note?: string];

const durationText = (seconds: number): string =>
  seconds < 120
    ? `${shortText(seconds)} s`
    : seconds < 7200
      ? `${shortText(seconds / 60)} min`
      : `${shortText(seconds / 3600)} h`;

/** Final scores and losses, or those of the last epoch. */
const scores = ({ done, epochs }: RunView): readonly Figure[] => {
  const last = epochs.at(-1);
  if (last === undefined) return [];
  const { metric, testScore, trainScore, loss, testLoss, epoch } = last;
  const of = testScore === undefined ? "training" : "test";
  const best = done ? `best ${scoreText(metric, done.bestScore)}` : `after epoch ${epoch}`;
  return [
    [`${of} ${scoreName(metric)}`, scoreText(metric, done?.score ?? testScore ?? trainScore), best],
    ...(metric === "loss"
      ? []
      : [
          [
            "training loss",
            scoreText("loss", loss),
            testLoss === undefined ? undefined : `test ${scoreText("loss", testLoss)}`,
          ] as Figure,
        ]),
  ];
};

const times = ({ done, epochs, steps, state }: RunView): readonly Figure[] => {
  const speed = done?.imagesPerSecond ?? epochs.at(-1)?.imagesPerSecond;
  return [
    ["steps", String(steps), state === "imported" ? "to the last one" : counted(epochs.length, "epoch")],
    ...(done ? [["time", durationText(done.seconds), `${done.engine}`] as Figure] : []),
    ...(speed === undefined ? [] : [["samples/s", shortText(speed)] as Figure]),
  ];
};

/** Static and dynamic sites, clipping, and bytes. */
const ranges = (run: RunView): readonly Figure[] => {
  const { sites } = run;
  if (sites.length === 0) return [];
  const all = wholeRun(run);
  const sum = (column: keyof (typeof sites)[number]["columns"]): number =>
    sites.reduce((total, { columns }) => total + sumIn(columns[column], all), 0);
  const unobserved: Figure = ["faults", String(sum("faults")), "tensors not observed"];
  if (run.state === "imported")
    return [["sites", String(sites.length)], ["tensors", String(sum("rows"))], unobserved];
  const statics = sites.filter(({ columns }) => 2 * sumIn(columns.statics, all) > sumIn(columns.rows, all));
  const [moved, saved] = [sum("bytesMoved"), sum("bytesSaved")];
  return [
    ["sites", String(sites.length), `${statics.length} static, ${sites.length - statics.length} dynamic`],
    ["clipped", shareText(sum("clipped") / sum("elements")), "of all elements"],
    ["moved", bytesText(moved), "by quantizing"],
    ["saved", bytesText(saved), `${shareText(saved / (moved + saved))}, by static ranges`],
    unobserved,
  ];
};

export const figures = (run: RunView): HTMLElement =>
  element(
    "dl",
    { class: "figures" },
    ...[...scores(run), ...times(run), ...ranges(run)].map(([name, value, note = ""]) =>
      element(
        "div",
        {},
        element("dt", {}, name),
        element("dd", {}, value),
        element("dd", { class: "note" }, note),
      ),
    ),
  );
