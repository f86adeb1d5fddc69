/** @file A study as a person reads it: a bar or lines while it runs, tables at its end. */
import type { DoneEvent } from "../events.ts";
import { bestTest, lastTest, type ScoreName, scoreOf } from "../scores.ts";
import { defaults, optionOf, type SettingName, type Settings } from "../settings.ts";
import type { CellEvent, CompareEvent, ProgressEvent, RunEvent, StudyEvent } from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import { axesOf } from "../studies/plan.ts";
import type { Difference, Spread } from "../studies/spread.ts";
import { bar } from "./bar.ts";
import type { Terminal } from "./command.ts";
import { bytes, percent, table } from "./table.ts";

/** How numbers of a score are written: accuracies in percent. */
const units = { accuracy: { factor: 100, unit: "%" }, psnr: { factor: 1, unit: "dB" } } as const;

/** `97.65 ± 0.23 %` */
const spreadText = (score: ScoreName, spread: Spread | null): string => {
  if (spread === null) return "-";
  const { factor, unit } = units[score];
  const mean = (factor * spread.mean).toFixed(2);
  return spread.sd === null ? `${mean} ${unit}` : `${mean} ± ${(factor * spread.sd).toFixed(2)} ${unit}`;
};

const extremes = (score: ScoreName, spread: Spread | null): string => {
  if (spread === null) return "-";
  const { factor, unit } = units[score];
  return `${(factor * spread.min).toFixed(2)}..${(factor * spread.max).toFixed(2)} ${unit}`;
};

/** `-0.12 ± 0.08`, in points of a percent, or in dB. */
const differenceText = (score: ScoreName, difference: Difference | null | undefined): string => {
  if (difference === null || difference === undefined) return "-";
  const { factor } = units[score];
  const points = factor * difference.mean;
  const mean = `${points > 0 ? "+" : ""}${points.toFixed(2)}`;
  return difference.standardError === null
    ? mean
    : `${mean} ± ${(factor * difference.standardError).toFixed(2)}`;
};

const chanceText = (difference: Difference | null | undefined): string =>
  difference?.p === null || difference?.p === undefined
    ? "-"
    : difference.p < 0.001
      ? "< 0.001"
      : difference.p.toFixed(3);

/** Minutes and seconds, or hours and minutes, as far as they tell something. */
const timeText = (seconds: number): string => {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** How cells are told apart: a column for each setting that differs between them. */
interface Columns {
  readonly head: readonly string[];
  readonly of: (cell: Cell) => readonly string[];
}

const columnsOf = (shared: Partial<Settings>, cells: readonly Cell[]): Columns => {
  const axes = axesOf(cells);
  const settingValue = (cell: Cell, name: SettingName): string =>
    String(cell[name] ?? shared[name] ?? defaults[name]) || "-";
  return axes.length === 0
    ? { head: ["cell"], of: () => ["all"] }
    : {
        head: axes.map((name) => optionOf(name).slice(2)),
        of: (cell) => axes.map((name) => settingValue(cell, name)),
      };
};

const scores = (columns: Columns, cells: readonly CellEvent[]): string => {
  const compared = cells.length > 1;
  return table(
    [
      ...columns.head,
      "seeds",
      "test",
      "from..to",
      "best",
      ...(compared ? ["against first", "p"] : []),
      "seconds",
    ],
    cells.map((cell) => [
      ...columns.of(cell.settings),
      String(cell.seeds.length),
      spreadText(cell.score, cell.test),
      extremes(cell.score, cell.test),
      spreadText(cell.score, cell.bestTest),
      ...(compared
        ? [differenceText(cell.score, cell.againstFirst?.test), chanceText(cell.againstFirst?.test)]
        : []),
      cell.seconds === null ? "-" : cell.seconds.mean.toFixed(1),
    ]),
  );
};

const count = (sites: number): string => (Number.isInteger(sites) ? String(sites) : sites.toFixed(1));

const roles = (columns: Columns, cells: readonly CellEvent[]): string =>
  table(
    [...columns.head, "role", "static sites", "dynamic sites", "clipped", "moved", "spared"],
    cells.flatMap((cell) =>
      cell.roles.map((role) => [
        ...columns.of(cell.settings),
        role.role,
        count(role.staticSites),
        count(role.dynamicSites),
        percent(role.clippedShare, 4),
        bytes(role.movedStatically + role.movedDynamically),
        bytes(role.spared),
      ]),
    ),
  );

const legend = [
  "± of a test score is the standard deviation over seeds. Against first: the mean difference by seed, in points of a percent or dB,",
  "± its standard error; p is how often chance alone would give one as large (paired t-test). Seconds are those of one run.",
].join("\n");

const resultText = (columns: Columns, cells: readonly CellEvent[], out: string): string =>
  [
    "",
    scores(columns, cells),
    "",
    ...(cells.some((cell) => cell.roles.length > 0) ? [roles(columns, cells), ""] : []),
    legend,
    ...cells.flatMap(({ settings, failed }) =>
      failed.map(
        ({ seed, message }) => `failed: ${columns.of(settings).join("  ")}  seed ${seed}: ${message}`,
      ),
    ),
    `each run is in ${out}, all of them in ${out}/runs.csv`,
    "",
  ].join("\n");

const startText = (e: StudyEvent): string =>
  `${e.runs} runs (cells: ${e.cells}, seeds: ${e.runs / e.cells}) in ${e.out}, ${
    e.finished === e.runs
      ? "all of them done before"
      : `${e.jobs} at a time${e.finished > 0 ? `; done before: ${e.finished}` : ""}`
  }`;

const scoreText = (done: DoneEvent, read: (done: DoneEvent) => number): string => {
  const { factor, unit } = units[scoreOf(done)];
  return `${(factor * read(done)).toFixed(2)} ${unit}`;
};

const runText = (columns: Columns, e: RunEvent): string => {
  const named = columns.head.map((name, i) => `${name} ${columns.of(e.settings)[i]}`).join("  ");
  return e.status === "done"
    ? `${named}  seed ${e.seed}: test ${scoreText(e.done, lastTest)} (best ${scoreText(e.done, bestTest)}) in ${e.done.seconds.toFixed(1)} s`
    : `${named}  seed ${e.seed}: failed, ${e.message}`;
};

/** Seconds before the time that is left is guessed: starting processes says nothing about it. */
const guessAfter = 5;

/** Shows the events of a study to a person. */
export const showing = (
  { out, err, isLive }: Terminal,
  shared: Partial<Settings>,
  cells: readonly Cell[],
): ((event: CompareEvent) => void) => {
  const columns = columnsOf(shared, cells);
  const clear = isLive ? "\r\u001b[2K" : "";
  const summaries: CellEvent[] = [];
  const before = { began: 0, share: 0 };

  const progressText = ({ runs, ended, running, share }: ProgressEvent): string => {
    const done = share - before.share;
    const seconds = (performance.now() - before.began) / 1000;
    const left = (seconds * (1 - share)) / done;
    const time = done > 0 && share < 1 && seconds > guessAfter ? `  about ${timeText(left)} left` : "";
    return `${bar(share)} ${ended}/${runs} runs  ${running} running${time}`;
  };

  return (event) => {
    switch (event.event) {
      case "study":
        before.began = performance.now();
        before.share = event.finished / event.runs;
        return out(`${startText(event)}\n`);
      case "run":
        if (event.status === "done" && event.before) return;
        err(clear);
        return out(`${runText(columns, event)}\n`);
      case "progress":
        if (isLive) err(`${clear}${progressText(event)}`);
        return;
      case "cell":
        summaries.push(event);
        return;
      case "compared":
        err(clear);
        if (event.done + event.failed > 0) out(resultText(columns, summaries, event.out));
        if (event.left > 0)
          out(
            `stopped, ${event.left} of ${event.done + event.failed + event.left} runs left; the same command goes on\n`,
          );
    }
  };
};
