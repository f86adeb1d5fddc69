/** @file Detections on test images: pictures with true boxes, found boxes, and wrong ones. */

import { leastOverlap } from "../views/matchedBoxes.ts";
import type { RunView } from "../views/runView.ts";
import { scoreName, scoreText } from "../views/scoreText.ts";
import { type BoxedPicture, boxedPicture } from "./boxedPicture.ts";
import { element, section, table, tableBehind } from "./element.ts";
import type { Place } from "./look.ts";

type Detections = NonNullable<RunView["detections"]>;

/** Scores over all test images: the run's score, and further metrics, of the epoch that the pictures belong to. */
const scores = ({ epochs }: RunView, { epoch }: Detections): readonly HTMLElement[] => {
  const { metric, testScore, metrics = [] } = epochs.find((one) => one.epoch === epoch) ?? { metric: "" };
  const all = [{ name: metric, test: testScore }, ...metrics.filter(({ name }) => name !== metric)];
  const known = all.filter(({ test }) => test !== undefined);
  return known.length === 0
    ? []
    : [
        element(
          "dl",
          { class: "figures" },
          ...known.map(({ name, test }) =>
            element(
              "div",
              {},
              element("dt", {}, scoreName(name)),
              element("dd", {}, scoreText(name, test)),
              element("dd", { class: "note" }, `all test images, epoch ${epoch}`),
            ),
          ),
        ),
      ];
};

const about = ({ epoch, images }: Detections): HTMLElement =>
  element(
    "p",
    { class: "about" },
    `${images.length === 1 ? "The first test image" : `The first ${images.length} test images`} after epoch ${epoch}, with their contrast stretched.`,
  );

const key = (): HTMLElement =>
  element(
    "p",
    { class: "key" },
    ...(
      [
        ["there", "is there"],
        ["right", `found, of its class and with an overlap of ${leastOverlap} at least`],
        ["wrong", "found, and wrong"],
      ] as const
    ).map(([kind, what]) =>
      element("span", { class: "step" }, element("span", { class: `swatch box ${kind}` }), what),
    ),
  );

/** Label of the slider. */
const choiceName = "least score";

const firstLeast = "0.3";

/** Slider of the least score. Pictures follow while it is moved, the page when it is released. */
const slider = ({ look, go }: Place, pictures: readonly BoxedPicture[]): HTMLElement => {
  const input = element("input", { type: "range", min: "0.05", max: "1", step: "0.05" });
  input.value = look.choices[choiceName] ?? firstLeast;
  const output = element("output");
  const show = (): void => {
    output.textContent = Number(input.value).toFixed(2);
    for (const picture of pictures) picture.showFrom(Number(input.value));
  };
  input.addEventListener("input", show);
  input.addEventListener("change", () => go({ choices: { ...look.choices, [choiceName]: input.value } }));
  show();
  return element("label", { class: "choice" }, `${choiceName} of a box`, input, output);
};

const cornersText = (box: readonly number[]): string => box.map((x) => x.toFixed(1)).join(", ");

const boxTable = ({ images, classes }: Detections): HTMLTableElement =>
  table(
    ["image", "box", "class", "score", "x0, y0, x1, y1"],
    images.flatMap(({ truth, found }, n) => [
      ...truth.map(({ label, box }) => [String(n), "is there", classes[label] ?? "", "", cornersText(box)]),
      ...found.map(({ label, box, score }) => [
        ...[String(n), "found", classes[label] ?? "", score.toFixed(3)],
        cornersText(box),
      ]),
    ]),
  );

export const detectionSection = (place: Place): HTMLElement => {
  const detections = place.run.detections!;
  const pictures = detections.images.map((image, n) => boxedPicture(image, detections.classes, n));
  const made = section(
    "detections",
    "Detections",
    ...scores(place.run, detections),
    about(detections),
    key(),
    slider(place, pictures),
    element("div", { class: "pictures" }, ...pictures.map(({ figure }) => figure)),
    tableBehind("Boxes as a table", () => boxTable(detections)),
  );
  made.classList.add("across");
  return made;
};
