/** @file The bytes of a study by role. Cells of a group that move the same bytes share a row. */
import { optionName } from "../settings/settings.ts";
import type { CellEvent } from "../studies/events.ts";
import { percent } from "../text/numbers.ts";
import type { Table } from "../text/table.ts";
import type { InForce } from "./inForce.ts";
import { settingText } from "./settingText.ts";
import { roleTexts } from "./studyTables.ts";

/** Cells that share a row: the texts before and after their numbers and clipped shares. */
interface SharedRow {
  readonly front: readonly string[];
  readonly back: readonly string[];
  readonly clipped: readonly number[];
}

const clippedText = (shares: readonly number[]): string => {
  const ends = [Math.min(...shares), Math.max(...shares)].map((share) => percent(share, 4));
  return ends[0] === ends[1] ? ends[0]! : ends.join(" to ");
};

/**
 * Bytes moved for the tensors of each role, with static and with dynamic ranges.
 *
 * @param within settings that divide the cells into groups
 * @returns a table without rows if nothing is quantized
 */
export const bytesTable = (
  inForce: InForce,
  cells: readonly CellEvent[],
  within: readonly string[] = [],
): Table => {
  const byRole = new Map<string, Map<string, SharedRow>>();
  for (const cell of cells) {
    const group = within.map((name) => settingText(inForce, cell.settings, name));
    for (const role of cell.roles) {
      const { sites, bytes: back } = roleTexts(role);
      const place = JSON.stringify([group, role.role]);
      const rows = byRole.get(place) ?? new Map<string, SharedRow>();
      const key = JSON.stringify([sites, back]);
      const clipped = [...(rows.get(key)?.clipped ?? []), role.clippedShare];
      byRole.set(place, rows.set(key, { front: [...group, ...sites], back, clipped }));
    }
  }
  return {
    head: [
      ...[...within.map(optionName), "role", "static sites", "dynamic sites", "cells"],
      ...["clipped", "bytes moved", "bytes saved"],
    ],
    rows: [...byRole.values()]
      .flatMap((rows) => [...rows.values()])
      .map(({ front, back, clipped }) => [...front, String(clipped.length), clippedText(clipped), ...back]),
  };
};
