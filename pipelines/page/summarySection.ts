/** @file Summary of a run: key figures, warnings, and facts. */

import { isDetail } from "../views/isDetail.ts";
import type { RunView } from "../views/runView.ts";
import { warningsOf } from "../views/warnings.ts";
import { element, section } from "./element.ts";
import { figures } from "./figures.ts";
import type { Place } from "./look.ts";

const resolution = ({ width }: RunView): string =>
  width === 1
    ? "Charts show every step."
    : `Charts show every ${width} steps as one, with the least and the greatest of their numbers: no extreme is lost.`;

const warnings = (run: RunView): HTMLElement => {
  const found = warningsOf(run);
  const unread = new Set(run.missing);
  const items = found.map(({ text, href }) =>
    element(
      "li",
      unread.has(text) ? { class: "missing" } : {},
      unread.has(text) ? text : element("a", { href }, text),
    ),
  );
  return element(
    "div",
    { class: "warnings" },
    element("h3", {}, "Worth a look"),
    found.length === 0
      ? element("p", { class: "about" }, "Nothing stands out.")
      : element("ul", {}, ...items),
    element("p", { class: "about" }, resolution(run)),
  );
};

const factList = (facts: RunView["facts"]): HTMLElement =>
  element(
    "dl",
    { class: "facts" },
    ...facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );

const facts = ({ facts }: RunView): HTMLElement => {
  const details = facts.filter(([, value]) => isDetail(value));
  return element(
    "div",
    {},
    element("h3", {}, "What was run"),
    factList(facts.filter(([, value]) => !isDetail(value))),
    ...(details.length === 0
      ? []
      : [element("details", {}, element("summary", {}, "Hashes and long values"), factList(details))]),
  );
};

export const summarySection = ({ run, isLive }: Place): HTMLElement =>
  section(
    "summary",
    "Summary",
    ...(run.state === "open" && !isLive
      ? [
          element(
            "p",
            { class: "about" },
            run.failure === undefined
              ? `This run has not ended as far as its files tell; there are ${run.steps} steps of it.`
              : `This run has failed. ${run.failure}`,
          ),
        ]
      : []),
    ...(run.state === "imported"
      ? [
          element(
            "p",
            { class: "about" },
            "This recording was imported: nothing was quantized where it was made, and ranges are those that estimators would have answered. Rows of cold starts, which are placeholders, are left out.",
          ),
        ]
      : []),
    figures(run),
    element("div", { class: "side-by-side" }, warnings(run), ...(run.facts.length > 0 ? [facts(run)] : [])),
  );
