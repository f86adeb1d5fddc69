/** @file Replay of foreign recordings on the command line, for specs. */
import { join } from "node:path";
import * as assert from "uvu/assert";
import { type ForeignRow, foreignColumns, recordForeign } from "../files/foreignRows.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

/** Directory of a recording of rows. */
export const recorded = (
  rows: readonly ForeignRow[],
  more: Partial<Parameters<typeof recordForeign>[1]> = {},
): string => {
  const run = join(scratch(), "theirs");
  recordForeign(run, { ...foreignColumns(rows), ...more });
  return run;
};

export const replay = (run: string, ...args: readonly string[]) => answerTo(["replay", run, ...args]);

/** Events of a replay that succeeds. */
export const events = async (run: string, ...args: readonly string[]) => {
  const { code, out, err } = await replay(run, ...args, "--json");
  assert.is(code, 0, err);
  return out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
};
