import { optionOf } from "../settings/settings.ts";
import type { CellEvent } from "../studies/events.ts";
import { axesOf } from "../studies/grid.ts";
import type { Spread } from "../studies/spread.ts";
import { scoreName, scoreUnit } from "../views/scoreText.ts";
import type { Chart, Panel, Value } from "./chart.ts";
import { movedIn, type Shared, settingText } from "./studyTables.ts";
import { byteUnit } from "./table.ts";

/** Value for the chart; undefined for a score that is infinite, of which nothing can be drawn. */
const scaled = (factor: number, spread: Spread | null): Value | undefined =>
  spread === null || !Number.isFinite(spread.mean)
    ? undefined
    : { mean: factor * spread.mean, sd: spread.sd === null ? null : factor * spread.sd };

/** The first cell, if it leaves out a setting that others name: one such as `bits=32/32/32`, which the others are seen against. */
const levelIn = (cells: readonly CellEvent[], axes: readonly string[]): CellEvent | undefined => {
  const [first] = cells;
  return first !== undefined && cells.length > 1 && axes.some((name) => !(name in first.settings))
    ? first
    : undefined;
};

/** The score of a study of which no run is done. */
const accuracy = { score: "accuracy", better: "higher" } as const;

/**
 * A study as a chart: its test scores, the bytes moved and the seconds of a run, each with the standard deviation over seeds. Bits
 * are the categories if they differ, and else the first setting that does; what is left tells the series apart. The first cell is a level
 * across the panel if it does not name all settings that the others do.
 *
 * @param shared settings that all cells of built-in experiments have
 */
export const studyChart = (title: string, shared: Shared, cells: readonly CellEvent[]): Chart => {
  const axes = axesOf(cells.map(({ settings }) => settings));
  const level = levelIn(cells, axes);
  const points = cells.filter((cell) => cell !== level);
  const textOf = (cell: CellEvent, name: string): string => settingText(shared, cell.settings, name);
  const varying = axes.filter((name) => new Set(points.map((cell) => textOf(cell, name))).size > 1);
  const across = varying.includes("bits") ? "bits" : varying[0];
  const categoryOf = (cell: CellEvent): string => (across === undefined ? "" : textOf(cell, across));
  const seriesOf = (cell: CellEvent): string =>
    varying
      .filter((name) => name !== across)
      .map((name) => `${optionOf(name).slice(2)} ${textOf(cell, name)}`)
      .join(", ");
  const names = [...new Set(points.map(categoryOf))];
  const series = [...new Set(points.map(seriesOf))];
  const panel = (
    panelTitle: string,
    fromZero: boolean,
    read: (cell: CellEvent) => Value | undefined,
  ): Panel => ({
    title: panelTitle,
    fromZero,
    level: level && read(level),
    values: series.map((one) =>
      names.map((name) => {
        const cell = points.find((each) => seriesOf(each) === one && categoryOf(each) === name);
        return cell && read(cell);
      }),
    ),
  });
  const { score, better } = cells.find(({ test }) => test !== null) ?? accuracy;
  const { factor, unit } = scoreUnit(score);
  const moved = cells.map((cell) => movedIn(cell) ?? 0);
  const size = byteUnit(Math.max(...moved));
  return {
    title,
    categories: {
      title:
        across === "bits" ? "bits of weights/activations/gradients" : across ? optionOf(across).slice(2) : "",
      names,
    },
    series,
    level:
      level &&
      Object.keys(level.settings)
        .map((name) => `${optionOf(name).slice(2)} ${textOf(level, name)}`)
        .join(", "),
    panels: [
      panel(
        `test ${scoreName(score)} after the last epoch, ${unit || `${better} is better`} (bars: standard deviation over seeds)`,
        false,
        ({ test }) => scaled(factor, test),
      ),
      ...(Math.max(...moved) > 0
        ? [
            panel(`bytes moved for quantized tensors in a run, ${size.unit}`, true, (cell) => {
              const mean = movedIn(cell);
              return mean === undefined ? undefined : { mean: mean / size.bytes, sd: null };
            }),
          ]
        : []),
      panel("seconds of a run", true, ({ seconds }) => scaled(1, seconds)),
    ],
  };
};
