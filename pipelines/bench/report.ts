/** @file Cost of a report on a long run: making it, compared with only reading its recording, and opening it in a browser. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readRunView } from "../report/readRunView.ts";
import { reportPage } from "../report/reportPage.ts";
import { recordingOf } from "../runs/runRecording.ts";
import { chromiumPath } from "./chromium.ts";
import { compared } from "./comparison.ts";
import type { Group, Surroundings } from "./group.ts";
import { writeLongRun } from "./longRun.ts";
import { openings } from "./opening.ts";
import { reportProcess } from "./reportProcess.ts";
import type { Row } from "./row.ts";
import { median, spread } from "./statistics.ts";

const group = "report";

/** Numbers of sites and steps: a million rows of a residual network, and one with many more sites. */
const fullCases = [
  [60, 16_667],
  [500, 2000],
] as const;
const quickCases = [[60, 500]] as const;

const rounds = 7;

const readAll = (dir: string): number => {
  let rows = 0;
  for (const batch of recordingOf(dir).batches()) rows += batch.rows;
  return rows;
};

const measured = async (
  dir: string,
  [sites, steps]: readonly [number, number],
  { contest, now, note }: Surroundings,
): Promise<readonly Row[]> => {
  writeLongRun(dir, { sites, steps, now });
  const what = { group, case: `${sites} sites, ${steps} steps` };
  const alone = { ...what, versus: null, ratio: null };
  const times = await contest([
    { name: "report", run: () => reportPage([readRunView(dir)]) },
    { name: "read", run: () => readAll(dir) },
  ]);
  const page = join(dir, "report.html");
  const made = [];
  for (let i = 0; i < rounds; i++) made.push(await reportProcess(dir, page, now));
  const seconds = made.map((one) => one.seconds);
  const chromium = chromiumPath();
  if (chromium === undefined) note("no chromium: pages are not opened");
  const opened = chromium === undefined ? [] : await openings(chromium, page, rounds);
  const opening = (subject: string, seconds: readonly number[]): readonly Row[] =>
    seconds.length === 0
      ? []
      : [{ ...alone, subject, value: median(seconds), unit: "s", spread: spread(seconds), rounds }];
  const size = { spread: null, rounds: null };
  return [
    ...compared(
      { ...what, amount: (sites * steps) / 1e6, unit: "million statistics/s" },
      times,
      { name: "report", shown: "read, folded and written" },
      [{ name: "read", shown: "read from disk only" }],
    ),
    ...opening("rangeflow report, the process", seconds),
    {
      ...{ ...alone, ...size, subject: "memory of the process" },
      ...{ value: Math.max(...made.map(({ bytes }) => bytes)) / 1e6, unit: "MB" },
    },
    { ...alone, ...size, subject: "page", value: statSync(page).size / 1e6, unit: "MB" },
    ...opening(
      "page drawn in Chromium",
      opened.map(({ drawn }) => drawn),
    ),
    ...opening(
      "first click answered",
      opened.map(({ answered }) => answered),
    ),
  ];
};

async function* run(surroundings: Surroundings): AsyncGenerator<Row> {
  for (const size of surroundings.quick ? quickCases : fullCases) {
    const dir = mkdtempSync(join(tmpdir(), "rangeflow-bench-"));
    try {
      yield* await measured(dir, size, surroundings);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
}

export const report: Group = {
  name: group,
  about: "reports of long runs: time, memory, and pages in a browser",
  run,
};
