/** @file A test image with boxes drawn on it. */
import type { Box } from "../../core/boxes.ts";
import { counted } from "../../core/inWords.ts";
import type { DetectedPicture } from "../runs/detectedPictures.ts";
import { matchedBoxes } from "../views/matchedBoxes.ts";
import { element } from "./element.ts";
import { pictureAddress } from "./pictureAddress.ts";

export interface BoxedPicture {
  readonly figure: HTMLElement;
  /** Shows the boxes found with at least this score, and how many of them are correct. */
  readonly showFrom: (least: number) => void;
}

const shape = (tag: string, attributes: Readonly<Record<string, string | number>>, text = ""): SVGElement => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.textContent = text;
  return made;
};

/** Approximate width of a picture in pixels, from which the size of its letters follows. */
const shownWidth = 300;
const letters = 12;

type Size = Pick<DetectedPicture, "height" | "width">;

type Kind = "there" | "right" | "wrong";

/** A box with its name: above a found box, below a true one, or inside if there is no room. */
const boxShape = (kind: Kind, [x0, y0, x1, y1]: Box, name: string, { height, width }: Size): SVGElement => {
  const group = shape("g", { class: `box ${kind}` });
  const corners = { x: x0, y: y0, width: Math.max(x1 - x0, 0), height: Math.max(y1 - y0, 0) };
  const size = (letters * Math.max(width, height)) / shownWidth;
  const above = y0 > 1.2 * size ? y0 - 0.3 * size : y0 + 1.1 * size;
  const below = y1 < height - 1.2 * size ? y1 + 1.05 * size : y1 - 0.35 * size;
  const isRight = x0 > 0.65 * width;
  group.append(
    shape("rect", { class: "casing", ...corners }),
    shape("rect", corners),
    shape(
      "text",
      {
        x: isRight ? x1 : x0,
        y: kind === "there" ? below : above,
        "font-size": size,
        "text-anchor": isRight ? "end" : "start",
      },
      name,
    ),
  );
  return group;
};

const show = (element: SVGElement, isShown: boolean): void => {
  element.style.display = isShown ? "" : "none";
};

export const boxedPicture = (image: DetectedPicture, classes: readonly string[], n: number): BoxedPicture => {
  const { height, width, truth, found, picture } = image;
  const nameOf = (label: number): string => classes[label] ?? String(label);
  const matches = matchedBoxes(image);
  const there = truth.map(({ label, box }) => boxShape("there", box, nameOf(label), image));
  const boxes = found.map(({ label, box, score }, i) =>
    boxShape(
      matches[i] === undefined ? "wrong" : "right",
      box,
      `${nameOf(label)} ${score.toFixed(2)}`,
      image,
    ),
  );
  const svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.append(
    shape("image", { href: pictureAddress(picture), width, height, preserveAspectRatio: "none" }),
    ...there,
    // Highest scores are drawn on top.
    ...boxes.toReversed(),
  );
  const caption = element("figcaption");
  return {
    figure: element("figure", { class: "picture" }, svg, caption),
    showFrom: (least) => {
      const shown = found.map(({ score }) => score >= least);
      for (const [i, box] of boxes.entries()) show(box, shown[i]!);
      const right = new Set(matches.filter((match, i) => match !== undefined && shown[i]));
      // True boxes that were found do not need a second name.
      for (const [i, box] of there.entries()) show(box.lastElementChild as SVGElement, !right.has(i));
      const wrong = shown.filter((isShown, i) => isShown && matches[i] === undefined).length;
      const said = `image ${n}: ${right.size} of ${counted(truth.length, "object")} found, ${wrong} wrong`;
      caption.textContent = said;
      svg.setAttribute("aria-label", said);
    },
  };
};
