/** @file Table of several runs: links, facts that differ, and quantities with their differences from the first run. */
import { differingFacts, pairedDifferences, signedText } from "../views/pairedDifferences.ts";
import type { RunView } from "../views/runView.ts";
import type { StudyView } from "../views/studyView.ts";
import { type Child, element, table } from "./element.ts";
import { runAddress } from "./runAddress.ts";

/** Largest number of runs in columns. More runs become rows. */
const mostColumns = 3;

/** Characters shown of a fact. A tip shows all of it. */
const longest = 40;

const factText = (value: string): Child =>
  value.length <= longest ? value : element("span", { title: value }, `${value.slice(0, longest)}…`);

/** Index of the run that each is compared with. */
const againstIn = (study: StudyView | undefined) => study?.runs.map(({ against }) => against);

const link = ({ name }: RunView): Child => element("a", { href: runAddress(name) }, name);

const stateOf = (run: RunView, study: StudyView | undefined, i: number): string =>
  study?.runs[i]?.state ?? (run.state === "open" ? "not finished" : run.state);

/** A row per fact and quantity, a column per run, and a column for its difference from the first. */
const sideBySide = (runs: readonly RunView[], study: StudyView | undefined): HTMLTableElement => {
  const [first, ...others] = runs;
  const cells = (values: readonly Child[], differences: readonly string[]): readonly Child[] => [
    values[0]!,
    ...values.slice(1).flatMap((value, i) => [value, differences[i + 1] ?? ""]),
  ];
  return table(
    ["", link(first!), ...others.flatMap((run) => [link(run), "less the first"])],
    [
      [
        "state",
        ...cells(
          runs.map((run, i) => stateOf(run, study, i)),
          [],
        ),
      ],
      ...differingFacts(runs).map(([name, values]) => [name, ...cells(values.map(factText), [])]),
      ...pairedDifferences(runs, againstIn(study)).map((quantity) => [
        quantity.name,
        ...cells(
          quantity.values.map((value) => (value === undefined ? "" : quantity.text(value))),
          quantity.differences.map((difference) => signedText(quantity, difference)),
        ),
      ]),
    ],
  );
};

/** A row per run. */
const belowEachOther = (runs: readonly RunView[], study: StudyView | undefined): HTMLTableElement => {
  const facts = differingFacts(runs);
  const quantities = pairedDifferences(runs, againstIn(study));
  return table(
    ["run", "state", ...facts.map(([name]) => name), ...quantities.map(({ name }) => name)],
    runs.map((run, i) => [
      link(run),
      stateOf(run, study, i),
      ...facts.map(([, values]) => factText(values[i]!)),
      ...quantities.map((quantity): Child => {
        const value = quantity.values[i];
        const difference = signedText(quantity, quantity.differences[i]);
        return element(
          "span",
          {},
          value === undefined ? "" : quantity.text(value),
          ...(difference === "" ? [] : [element("small", {}, ` ${difference}`)]),
        );
      }),
    ]),
  );
};

export const differencesTable = (runs: readonly RunView[], study: StudyView | undefined): HTMLElement =>
  element(
    "div",
    { class: "wide", id: "differences" },
    (runs.length <= mostColumns ? sideBySide : belowEachOther)(runs, study),
  );
