/** @file The output files of a study: `--chart` and `--markdown`. */
import { existsSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { cannotWrite } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { outputPath, writeOutput } from "../files/outputFiles.ts";
import { readText } from "../files/regularFile.ts";
import { studyChartView } from "../report/studyChartView.ts";
import { pageProblem, type StudyResult, studyPage } from "../report/studyPage.ts";
import { studyChartFile } from "../report/svgFile.ts";
import type { RunDoneEvent } from "../studies/events.ts";

export interface StudyFiles {
  readonly chart: string | undefined;
  readonly markdown: string | undefined;
}

/** The page that exists already. */
const pageAt = (path: string): string | undefined =>
  existsSync(path) ? readText(path, "a page") : undefined;

/** Checks before training that the files can be written. @throws `RangeflowFailure` if one cannot */
export const checkStudyFiles = ({ chart, markdown }: StudyFiles): void => {
  for (const path of [chart, markdown]) if (path !== undefined) outputPath(path);
  if (markdown === undefined) return;
  if (chart !== undefined && resolve(chart) === resolve(markdown))
    throw new RangeflowFailure(problem("--markdown", `${markdown}, the file of --chart`, "another file"));
  const before = pageAt(markdown);
  const wrong = before === undefined ? undefined : pageProblem(markdown, before);
  if (wrong) throw new RangeflowFailure(wrong);
};

const write = (path: string, text: string): void => {
  try {
    makeDirectories(dirname(path));
  } catch (error) {
    throw cannotWrite(path, error);
  }
  writeOutput(path, [new TextEncoder().encode(text)]);
};

/**
 * Writes the requested files.
 *
 * @param runs the finished runs
 * @throws `RangeflowFailure` if a file cannot be written, or an existing page is not one of a study
 */
export const writeStudyFiles = (
  { chart, markdown }: StudyFiles,
  result: Omit<StudyResult, "chart">,
  runs: readonly RunDoneEvent[],
): void => {
  if (chart !== undefined)
    write(chart, studyChartFile(studyChartView({ ...result, within: result.comparing.within }, runs)));
  if (markdown === undefined) return;
  const from = chart && relative(dirname(markdown), chart).split(sep).join("/");
  write(markdown, getOrThrow(studyPage(markdown, { ...result, chart: from }, pageAt(markdown))));
};
