/**
 * @file `study.json` in the directory of a study: its cells as last planned, and what each is compared with. Readers of the directory use
 *   it to report the same comparisons as `compare`.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeTextAtomically } from "../files/atomic.ts";
import { decodeJson } from "../files/json.ts";
import { readText } from "../files/regularFile.ts";
import { studyFileName } from "../files/runNames.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import { cellId } from "./cellId.ts";
import { alternativesIn, type Comparing } from "./comparing.ts";
import { marginProblems } from "./equivalence.ts";
import { axesOf, type Cell } from "./grid.ts";
import type { Plan } from "./plan.ts";
import type { Pool } from "./pools.ts";

/** A run by the name of its directory. */
export interface FiledRun {
  readonly name: string;
  readonly seed: number;
}

/** A cell with its runs, and the numbers of the cells that it is compared with. */
export interface FiledCell {
  /** What distinguishes it from other cells. */
  readonly settings: Cell;
  /** What its runs have in common, also those of other seeds (`cellId`). */
  readonly id: string;
  readonly runs: readonly FiledRun[];
  /** First cell of its group. */
  readonly first: number;
  readonly counterpart?: number;
}

/** A study as it was last planned. */
export interface StudyFile {
  readonly cells: readonly FiledCell[];
  /** Cells that are summarized together. */
  readonly pools: readonly Pool[];
  readonly comparing: Comparing;
}

const RunCodec = t.type({ name: t.string, seed: t.Int });

/** Number of the form that the file has. */
const schema = 3;

const StudyFileCodec = t.intersection([
  t.type({
    schema: t.literal(schema),
    cells: t.readonlyArray(
      t.intersection([
        t.type({ settings: t.UnknownRecord, id: t.string, runs: t.readonlyArray(RunCodec), first: t.Int }),
        t.partial({ counterpart: t.Int }),
      ]),
    ),
    pools: t.readonlyArray(t.type({ name: t.string, cells: t.readonlyArray(t.Int) })),
  }),
  t.partial({
    within: t.readonlyArray(t.string),
    against: t.readonlyArray(t.UnknownRecord),
    margin: t.number,
  }),
]);

const pathIn = (dir: string): string => join(dir, studyFileName);

/** What a plan says of its study. */
export const studyFileOf = (plan: Plan, comparing: Comparing): StudyFile => {
  const axes = axesOf(plan.cells);
  return {
    cells: plan.cells.map((settings, cell) => {
      const runs = plan.runs.filter((run) => run.cell === cell);
      return {
        settings,
        id: cellId(runs[0]!.identity, axes),
        runs: runs.map(({ name, seed }) => ({ name, seed })),
        first: plan.firsts[cell]!,
        ...(plan.counterparts[cell] !== undefined && { counterpart: plan.counterparts[cell] }),
      };
    }),
    pools: plan.pools,
    comparing,
  };
};

/** Text of a study file, which ends with a checksum. */
export const studyFileText = ({ cells, pools, comparing }: StudyFile): string => {
  const { within = [], margin } = comparing;
  const against = alternativesIn(comparing);
  const said = {
    schema,
    ...(within.length > 0 && { within }),
    ...(against.length > 0 && { against }),
    ...(margin !== undefined && { margin }),
    ...{ cells, pools },
  };
  return encodeSealed(said);
};

/** Whether all cell numbers are valid, no run belongs to two cells, and the margin is valid. */
const isWhole = ({ cells, pools, comparing: { margin } }: StudyFile): boolean =>
  marginProblems("margin", margin).length === 0 &&
  new Set(cells.map(({ id }) => id)).size === cells.length &&
  new Set(cells.flatMap(({ runs }) => runs.map(({ name }) => name))).size ===
    cells.flatMap(({ runs }) => runs).length &&
  [
    ...cells.flatMap(({ first, counterpart = 0 }) => [first, counterpart]),
    ...pools.flatMap((pool) => pool.cells),
  ].every((cell) => cell in cells);

/** What a plan of another version is; undefined for any other text. */
const otherSchemaText = (text: string): string | undefined => {
  const found = pipe(decodeJson(text), E.chainW(t.type({ schema: t.number }).decode));
  return E.isRight(found) && found.right.schema !== schema
    ? `the plan of a study in schema ${found.right.schema} (this version has ${schema})`
    : undefined;
};

const hint =
  "remove it: the same rangeflow compare writes it again, and without it reports order cells by when they began";

/**
 * The study that was last planned in a directory; undefined if none was.
 *
 * @throws `RangeflowFailure` if the file is damaged or was changed
 */
export const studyFileIn = (dir: string): StudyFile | undefined => {
  const path = pathIn(dir);
  if (!existsSync(path)) return undefined;
  const text = readText(path, "the plan of a study");
  const refuse = (found: string): RangeflowFailure =>
    new RangeflowFailure(problem(path, found, "what rangeflow compare has written there", hint));
  const other = otherSchemaText(text);
  if (other !== undefined) throw refuse(other);
  const decoded = StudyFileCodec.decode(decodeSealed(path, text, hint));
  if (E.isRight(decoded)) {
    const { within, against, margin, ...rest } = decoded.right;
    const { cells, pools } = rest as Pick<StudyFile, "cells" | "pools">;
    const comparing = {
      ...(within && { within }),
      ...(against && { against: against as readonly Cell[] }),
      ...(margin !== undefined && { margin }),
    };
    const study = { cells, pools, comparing };
    if (isWhole(study)) return study;
  }
  throw refuse("contents that are not the plan of a study");
};

/** Writes a plan to the directory of a study, replacing the previous one. */
export const writeStudyFile = (dir: string, study: StudyFile): void =>
  writeTextAtomically(pathIn(dir), studyFileText(study));
