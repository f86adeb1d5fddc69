/** @file The table of several runs: their links, what differs in their facts, and their numbers with what each has more than the first. */
import { differingFacts, pairedDifferences, signedText } from "../views/pairedDifferences.ts";
import type { RunView } from "../views/runView.ts";
import type { StudyView } from "../views/studyView.ts";
import { type Child, element, table } from "./element.ts";
import { runAddress } from "./runAddress.ts";

/** The most runs that stand side by side; more stand below each other. */
const mostColumns = 3;

/** Characters that a fact is shown by; all of it is told to who points at it. */
const longest = 40;

const factText = (value: string): Child =>
  value.length <= longest ? value : element("span", { title: value }, `${value.slice(0, longest)}…`);

/** Place of the run that each is compared with. */
const againstIn = (study: StudyView | undefined) => study?.runs.map(({ against }) => against);

const link = ({ name }: RunView): Child => element("a", { href: runAddress(name) }, name);

const stateOf = (run: RunView, study: StudyView | undefined, i: number): string =>
  study?.runs[i]?.state ?? (run.state === "open" ? "not finished" : run.state);

/** A row for each fact and quantity, a column for each run, and one for what it has more than the first. */
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

/** A row for each run. */
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
