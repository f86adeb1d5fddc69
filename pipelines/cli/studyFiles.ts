/** @file The output files of a study: `--chart` and `--markdown`. */
import { existsSync } from "node:fs";
import { dirname, relative, sep } from "node:path";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { cannotWrite } from "../files/fileErrors.ts";
import { makeDirectories } from "../files/makeDirectories.ts";
import { outputPath, writeOutput } from "../files/outputFiles.ts";
import { readText } from "../files/regularFile.ts";
import { studyChartView } from "../report/studyChartView.ts";
import { type StudyResult, studyPage } from "../report/studyPage.ts";
import { studyChartFile } from "../report/svgFile.ts";
import type { RunDoneEvent } from "../studies/events.ts";

export interface StudyFiles {
  readonly chart: string | undefined;
  readonly markdown: string | undefined;
}

/** Checks before training that the files can be written. @throws `RangeflowFailure` if one cannot */
export const checkStudyFiles = ({ chart, markdown }: StudyFiles): void => {
  for (const path of [chart, markdown]) if (path !== undefined) outputPath(path);
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
  const before = existsSync(markdown) ? readText(markdown, "a page") : undefined;
  write(markdown, getOrThrow(studyPage(markdown, { ...result, chart: from }, before)));
};
