/** @file Quantities by which runs are compared, and the differences from the run that each is compared with. */
import { type Role, roles } from "../../core/signal.ts";
import type { RoleEvent } from "../runs/events.ts";
import { bytesText } from "../text/numbers.ts";
import { isDetail } from "./isDetail.ts";
import type { RunView } from "./runView.ts";
import { scoreFormat, scoreName, scoreUnit } from "./scoreText.ts";

/** A quantity of some runs. */
export interface PairedQuantity {
  readonly name: string;
  /** One value per run; undefined if unknown. */
  readonly values: readonly (number | undefined)[];
  /** Differences from the run that each is compared with; undefined if there is none, or one of the values is unknown. */
  readonly differences: readonly (number | undefined)[];
  readonly text: (value: number) => string;
  /** Prints a difference without its sign. */
  readonly differenceText: (distance: number) => string;
}

/** Score of a run: final, or of its latest epoch. */
const scored = ({ done, epochs }: RunView) => {
  const last = epochs.at(-1);
  const metric = done?.metric ?? last?.metric;
  return metric === undefined
    ? undefined
    : { metric, score: done?.score ?? last?.testScore ?? last?.trainScore, best: done?.bestScore };
};

type Column = "bytesMoved" | "bytesSaved" | "clipped" | "elements";

const sumOf = ({ sites }: RunView, column: Column, role?: Role): number =>
  sites
    .filter((site) => role === undefined || site.role === role)
    .reduce((sum, { columns }) => sum + columns[column].reduce((all, x) => all + x, 0), 0);

/** A number summed over roles: from the final event, or from the recording so far. */
const ofRoles = (
  run: RunView,
  told: (roles: readonly RoleEvent[]) => number | undefined,
  recorded: () => number | undefined,
): number | undefined => {
  if (run.done) return run.done.roles.length === 0 ? undefined : told(run.done.roles);
  return run.sites.length === 0 ? undefined : recorded();
};

const total = (roles: readonly RoleEvent[], read: (role: RoleEvent) => number): number =>
  roles.reduce((sum, role) => sum + read(role), 0);

/** A quantity before its differences are computed. */
type Quantity = Omit<PairedQuantity, "differences">;

const quantity = (
  name: string,
  values: readonly (number | undefined)[],
  text: (x: number) => string,
  differenceText = text,
): Quantity => ({ name, values, text, differenceText });

/** Scores of runs if all are scored by one metric; none otherwise. */
const scores = (runs: readonly RunView[]): readonly Quantity[] => {
  const each = runs.map(scored);
  const metrics = new Set(each.flatMap((one) => one?.metric ?? []));
  const [metric] = metrics;
  if (metric === undefined || metrics.size > 1) return [];
  const numbers = each.flatMap((one) => [one?.score, one?.best]).filter((x) => x !== undefined);
  const print = scoreFormat(metric, numbers);
  const { unit } = scoreUnit(metric);
  const text = (x: number): string => `${print(x)} ${unit}`.trimEnd();
  const points = (x: number): string => (unit === "%" ? `${print(x)} points` : text(x));
  return [
    quantity(
      scoreName(metric),
      each.map((one) => one?.score),
      text,
      points,
    ),
    quantity(
      `best ${scoreName(metric)}`,
      each.map((one) => one?.best),
      text,
      points,
    ),
  ];
};

const share = (x: number): string => (100 * x).toFixed(4);

const quantitiesOf = (runs: readonly RunView[]): readonly Quantity[] => [
  ...scores(runs),
  quantity(
    "steps",
    runs.map(({ steps }) => steps),
    String,
  ),
  quantity(
    "seconds",
    runs.map(({ done }) => done?.seconds),
    (x) => x.toFixed(1),
  ),
  quantity(
    "bytes moved",
    runs.map((run) =>
      ofRoles(
        run,
        (all) => total(all, ({ movedStatically, movedDynamically }) => movedStatically + movedDynamically),
        () => sumOf(run, "bytesMoved"),
      ),
    ),
    bytesText,
  ),
  quantity(
    "bytes saved",
    runs.map((run) =>
      ofRoles(
        run,
        (all) => total(all, ({ bytesSaved }) => bytesSaved),
        () => sumOf(run, "bytesSaved"),
      ),
    ),
    bytesText,
  ),
  ...roles.map((role) =>
    quantity(
      `clipped, ${role}s`,
      runs.map((run) =>
        ofRoles(
          run,
          (all) => all.find((one) => one.role === role)?.clippedShare,
          () => {
            const elements = sumOf(run, "elements", role);
            return elements === 0 ? undefined : sumOf(run, "clipped", role) / elements;
          },
        ),
      ),
      (x) => `${share(x)} %`,
      (x) => `${share(x)} points`,
    ),
  ),
];

/**
 * Quantities that at least one run has: scores, steps, time, bytes, and clipped shares by role.
 *
 * @param against index of the run that each is compared with, for example the one with the same seed. Default: the first run
 */
export const pairedDifferences = (
  runs: readonly RunView[],
  against: readonly (number | undefined)[] = runs.map((_, i) => (i === 0 ? undefined : 0)),
): readonly PairedQuantity[] =>
  quantitiesOf(runs)
    .filter(({ values }) => values.some((value) => value !== undefined))
    // Equal numbers of steps were requested and show nothing.
    .filter(({ name, values }) => name !== "steps" || values.some((value) => value !== values[0]))
    .map((one) => ({
      ...one,
      differences: one.values.map((value, i) => {
        const other = one.values[against[i] ?? -1];
        return value === undefined || other === undefined ? undefined : value - other;
      }),
    }));

/** A difference with its sign. One that is printed as zero has none. */
export const signedText = (
  { differenceText: text }: Pick<PairedQuantity, "differenceText">,
  difference: number | undefined,
): string => {
  if (difference === undefined) return "";
  const printed = text(Math.abs(difference));
  return printed === text(0) ? printed : `${difference > 0 ? "+" : "−"}${printed}`;
};

/** Names of the facts of all runs. A name that only some of them have follows the one before it there. */
const namesOf = (runs: readonly RunView[]): readonly string[] => {
  const names: string[] = [];
  for (const { facts } of runs) {
    let at = 0;
    for (const [name] of facts) {
      const found = names.indexOf(name);
      if (found < 0) names.splice(at, 0, name);
      at = (found < 0 ? at : found) + 1;
    }
  }
  return names;
};

/**
 * Facts that differ between runs: name, and the value of each run, empty if it has none. Hashes and long values are left out unless all
 * runs have them: only experiments of one kind do, and a blank beside a hash tells nothing.
 */
export const differingFacts = (
  runs: readonly RunView[],
): readonly (readonly [name: string, values: readonly string[]])[] => {
  const known = runs.map(({ facts }) => new Map(facts));
  return namesOf(runs)
    .filter((name) => name !== "begun")
    .map((name) => [name, known.map((facts) => facts.get(name) ?? "")] as const)
    .filter(([, values]) => values.some((value) => value !== values[0]))
    .filter(([, values]) => !values.includes("") || !values.some(isDetail));
};
