/** @file A study of two cells with two seeds each, for specs of reports. */
import { cpSync } from "node:fs";
import { join } from "node:path";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { scratch } from "../files/scratch.ts";
import { eventsOf, small } from "../runs.ts";

/** Directory around it. */
export const home = scratch();

/** Directory of the study. */
export const study = join(home, "study");
/** Settings of its runs. */
export const tiny = { ...small, epochs: 1 };
for (const bits of ["8/8/8", "4/4/4"])
  for (const seed of [1, 2])
    await eventsOf(
      { ...tiny, bits, seed },
      { out: join(study, `bits=${bits.replaceAll("/", ".")},seed=${seed}`) },
    );
/** Directory of a run of it. */
export const dirOf = (bits: string, seed: number): string => join(study, `bits=${bits},seed=${seed}`);
export const scoreOf = (dir: string): number => doneRecordIn(dir)!.done.score;

/** A copy of the study, that may be damaged. */
export const copied = (): { readonly dir: string; readonly of: (bits: string, seed: number) => string } => {
  const dir = join(scratch(), "study");
  cpSync(study, dir, { recursive: true });
  return { dir, of: (bits, seed) => join(dir, `bits=${bits},seed=${seed}`) };
};
