/** @file The bytes of a study by role: cells of a group that move the same share a row. */
import { optionOf } from "../settings/settings.ts";
import type { CellEvent } from "../studies/events.ts";
import { type Shared, settingText, sitesText } from "./studyTables.ts";
import { bytes, percent, type Table } from "./table.ts";

type Row = readonly string[];

/** Cells that share a row. */
interface Shares {
  readonly front: Row;
  readonly back: Row;
  readonly clipped: readonly number[];
}

const clippedText = (shares: readonly number[]): string => {
  const ends = [Math.min(...shares), Math.max(...shares)].map((share) => percent(share, 4));
  return ends[0] === ends[1] ? ends[0]! : ends.join(" to ");
};

/**
 * What tensors of each role move, with static ranges and with dynamic ones.
 *
 * @param within settings by which cells form groups
 * @returns a table without rows where nothing is quantized
 */
export const bytesTable = (
  shared: Shared,
  cells: readonly CellEvent[],
  within: readonly string[] = [],
): Table => {
  const rows = new Map<string, Shares>();
  for (const cell of cells)
    for (const one of cell.roles) {
      const group = within.map((name) => settingText(shared, cell.settings, name));
      const front = [...group, one.role, sitesText(one.staticSites), sitesText(one.dynamicSites)];
      const back = [bytes(one.movedStatically + one.movedDynamically), bytes(one.bytesSaved)];
      const key = JSON.stringify([front, back]);
      rows.set(key, { front, back, clipped: [...(rows.get(key)?.clipped ?? []), one.clippedShare] });
    }
  const heads = within.map((name) => optionOf(name).slice(2));
  return {
    head: [
      ...[...heads, "role", "static sites", "dynamic sites", "cells"],
      ...["clipped", "bytes moved", "bytes saved"],
    ],
    rows: [...rows.values()]
      .toSorted((a, b) => {
        const [x, y] = [a, b].map(({ front }) => front.slice(0, heads.length + 1));
        const order = (row: Row): number =>
          [...rows.values()].findIndex(({ front }) => row.every((text, i) => front[i] === text));
        return order(x!) - order(y!);
      })
      .map(({ front, back, clipped }) => [...front, String(clipped.length), clippedText(clipped), ...back]),
  };
};
