/** @file A study as a Markdown page. Its measured part can be rewritten, while the text that people have added stays. */
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem } from "../../core/errors.ts";
import type { Comparing } from "../studies/comparing.ts";
import type { CellEvent, PoolEvent } from "../studies/events.ts";
import { markdownTable } from "../text/table.ts";
import { bytesTable } from "./bytesTable.ts";
import { poolTable } from "./comparisonColumns.ts";
import type { InForce } from "./inForce.ts";
import { legendOf } from "./studyLegend.ts";
import { columnsOf, failuresIn, roleTable, scoreTable } from "./studyTables.ts";

const [begin, end] = ["<!-- measured: written by rangeflow compare -->", "<!-- end of measured -->"];

/** Input of a study's page. */
export interface StudyResult {
  readonly title: string;
  /** Subject of the comparison, as part of a sentence. Without it the page has only tables. */
  readonly summary?: string | undefined;
  /** Command that runs the study again. */
  readonly command: string;
  readonly inForce: InForce;
  readonly comparing: Comparing;
  readonly cells: readonly CellEvent[];
  readonly pools: readonly PoolEvent[];
  /** Names of first cells of which no run has finished. */
  readonly unfinished: readonly string[];
  /** Runs of the study, and number of those that are not trained yet. */
  readonly runs: number;
  readonly left: number;
  /** Path of the chart, relative to the page, if there is one. */
  readonly chart?: string | undefined;
}

/** The generated part of a page: how to run the study, its chart, and its tables. */
const measuredPart = (result: StudyResult): string => {
  const { inForce, cells } = result;
  const columns = columnsOf(
    inForce,
    cells.map(({ settings }) => settings),
    result.comparing.within,
  );
  const { title, command, comparing, pools, unfinished, chart, runs, left } = result;
  const roles = roleTable(columns, cells);
  const failures = failuresIn(columns, cells);
  return [
    begin,
    "",
    "```sh",
    command,
    "```",
    "",
    ...(left === 0
      ? []
      : [`${runs - left} of ${runs} runs have ended; cells of which none has are left out.`, ""]),
    ...(chart === undefined ? [] : [`![${title}](${encodeURI(chart)})`, ""]),
    markdownTable(scoreTable(columns, cells, comparing.margin)),
    "",
    ...(pools.length === 0 ? [] : [markdownTable(poolTable(pools, comparing.margin)), ""]),
    ...legendOf(comparing, cells, { pools, groups: columns.groups, unfinished }).flatMap((sentence) => [
      sentence,
      "",
    ]),
    ...(roles.rows.length === 0
      ? []
      : [
          ...[markdownTable(bytesTable(inForce, cells, comparing.within)), ""],
          ...[
            "<details><summary>The same of each cell</summary>",
            "",
            markdownTable(roles),
            "",
            "</details>",
            "",
          ],
        ]),
    ...(failures.length === 0 ? [] : [...failures.map((failure) => `- ${failure}`), ""]),
    end,
  ].join("\n");
};

/** What is wrong with an existing page that is to be filled; undefined if it has a measured part. */
export const pageProblem = (path: string, before: string): Problem | undefined => {
  const [from, to] = [before.indexOf(begin), before.indexOf(end)];
  return from === -1 || to < from
    ? problem(path, "a page without a measured part", `one with the lines ${begin} and ${end}`)
    : undefined;
};

/**
 * The page of a study: a new one, or `before` with the measured part between its two marks replaced.
 *
 * @returns `Left` if `before` lacks the marks, because it was not generated
 */
export const studyPage = (
  path: string,
  result: StudyResult,
  before: string | undefined,
): E.Either<Problem, string> => {
  const measured = measuredPart(result);
  const compared = result.summary === undefined ? "" : `Compared are ${result.summary}.\n\n`;
  if (before === undefined) return E.right(`# ${result.title}\n\n${compared}${measured}\n`);
  const wrong = pageProblem(path, before);
  return wrong
    ? E.left(wrong)
    : E.right(
        `${before.slice(0, before.indexOf(begin))}${measured}${before.slice(before.indexOf(end) + end.length)}`,
      );
};
