/** @file A study of two cells with a plan, and what a report of it shows. */
import { readReport } from "../../../pipelines/report/readReport.ts";
import { readRunView } from "../../../pipelines/report/readRunView.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { cellId } from "../../../pipelines/studies/cellId.ts";
import type { Comparing } from "../../../pipelines/studies/comparing.ts";
import { runName } from "../../../pipelines/studies/runName.ts";
import { type FiledRun, writeStudyFile } from "../../../pipelines/studies/studyFile.ts";
import type { StudyView } from "../../../pipelines/views/studyView.ts";
import { copied } from "./twoCells.ts";

/** Runs as a plan names them. */
export const filed = (dirs: readonly string[]): readonly FiledRun[] =>
  dirs.map((dir) => {
    const { identity } = doneRecordIn(dir)!;
    return { name: runName(identity, []), seed: Number(identity.settings.seed) };
  });

/** What the runs of the cell of a run have in common. */
export const idOf = (dir: string): string => cellId(doneRecordIn(dir)!.identity, []);

/** A copy of the study with a plan of its two cells, with two seeds each unless there are to be more. */
export const planned = ({ seeds = 2, comparing = { margin: 2 } as Comparing } = {}) => {
  const { dir, of } = copied();
  const cells = ["4.4.4", "8.8.8"].map((bits) => {
    const own = filed([of(bits, 1), of(bits, 2)]);
    const more = Array.from({ length: seeds - 2 }, (_, i) => ({
      name: `${bits}, seed ${i + 3}`,
      seed: i + 3,
    }));
    return {
      settings: { bits: bits.replaceAll(".", "/") },
      ...{ id: idOf(of(bits, 1)), first: 0, runs: [...own, ...more] },
    };
  });
  writeStudyFile(dir, { cells, pools: [], comparing });
  return { dir, of };
};

/** The study that a report of a directory shows. */
export const reported = async (dir: string, asked: Comparing = {}) =>
  (await readReport([dir], readRunView, asked)).study!;

/** Rows of the scores: the cell, its seeds, its score. */
export const scoresIn = ({ tables: [scores] }: StudyView) => scores!.rows.map((row) => row.slice(0, 3));
