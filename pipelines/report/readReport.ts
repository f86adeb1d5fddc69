/** @file What a report shows, read from directories of runs and of studies. */
import { basename, resolve } from "node:path";
import { conflict, problem, RangeflowFailure } from "../../core/errors.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { recovered } from "../files/recovered.ts";
import { type DoneRecord, doneRecordIn } from "../runs/doneRecord.ts";
import { openRunState } from "../runs/openRunState.ts";
import { canResume, homeOf, loadRun } from "../runs/runDirectory.ts";
import type { Comparing } from "../studies/comparing.ts";
import { type StudyFile, studyFileIn } from "../studies/studyFile.ts";
import type { RunView } from "../views/runView.ts";
import { shortNames } from "../views/shortNames.ts";
import type { ReportView } from "../views/studyView.ts";
import { cellId, nameIn, plannedCellOf } from "./plannedCells.ts";
import { checkIsDirectory, sharedBuckets } from "./readRunView.ts";
import type { ReportedRun } from "./studyCells.ts";
import { studyIn } from "./studyDirectory.ts";
import { studyOf } from "./studyView.ts";

/** Reads the view of a run. */
export type ReadView = (
  dir: string,
  name: string,
  mostFor: (sites: number) => number,
) => RunView | Promise<RunView>;

/** A run that is to be shown, before its recording is read. */
interface Place extends ReportedRun {
  readonly dir: string;
  /** When it began, as ISO 8601. */
  readonly begun: string;
}

/** What comes of reading; undefined where a file is damaged, which the view of the run tells. */
const readable = <A>(read: () => A): A | undefined => recovered(read, () => undefined);

/** Record of a run that has ended, or the sentence on what is wrong with it. */
const recordOr = (home: string): DoneRecord | string | undefined =>
  recovered(
    () => doneRecordIn(home),
    ({ message }) => message,
  );

/**
 * A run that is to be shown.
 *
 * @param failure the message with which it has failed, where its study knows one
 */
const placeOf = (dir: string, failure?: string): Place => {
  const home = homeOf(dir) ?? dir;
  const found = recordOr(home);
  const record = typeof found === "string" ? undefined : found;
  const saved = record ?? readable(() => (canResume(home) ? loadRun(home) : undefined));
  const place = { dir, name: basename(dir), identity: saved?.identity, begun: saved?.provenance.date ?? "" };
  if (typeof found === "string") return { ...place, message: found, state: "damaged" };
  if (record) return { ...place, done: record.done, state: "finished" };
  if (saved === undefined && readable(() => importInfoIn(home))) return { ...place, state: "imported" };
  const open = readable(() => openRunState(home)) ?? { state: "stopped" };
  const message = failure ?? ("why" in open ? open.why : undefined);
  return open.state === "going on" || message === undefined
    ? { ...place, state: open.state }
    : { ...place, message, state: "failed" };
};

/** Place of a run among others: cells as they were planned, those that were not by when they began, and runs of which nothing is known. */
type Rank = readonly [planned: number, begun: string, cell: string, seed: number];

const before = (a: Rank, b: Rank): number => {
  const i = a.findIndex((part, at) => part !== b[at]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
};

/**
 * Runs of a study, cell by cell, and in a cell by seeds.
 *
 * @param plan without one, the cell whose run began first is first
 */
const inOrder = (places: readonly Place[], plan: StudyFile | undefined): readonly Place[] => {
  const idOf = ({ identity }: Place): string => (identity ? cellId(identity) : "");
  const cellOf = plan ? plannedCellOf(places, plan) : [];
  const firsts = new Map<string, Rank>();
  for (const [i, place] of places.entries()) {
    const id = idOf(place);
    const rank: Rank = [cellOf[i] ?? Number.POSITIVE_INFINITY, place.begun, id, 0];
    const first = firsts.get(id);
    if (first === undefined || before(rank, first) < 0) firsts.set(id, rank);
  }
  const rankOf = (place: Place): Rank => {
    const [row, begun, id] = firsts.get(idOf(place))!;
    if (!place.identity) return [Number.POSITIVE_INFINITY, "~", id, 0];
    return [row, begun, id, Number(place.identity.settings.seed)];
  };
  return places.toSorted((a, b) => before(rankOf(a), rankOf(b)));
};

/** Refuses directories in which one run lies twice, such as a copy: it would count as a seed more. */
const checkOnce = (places: readonly Place[], keyOf: (place: Place) => string): void => {
  const first = new Map<string, Place>();
  for (const place of places) {
    if (!place.identity) continue;
    const key = keyOf(place);
    const same = first.get(key);
    if (same !== undefined)
      throw new RangeflowFailure(
        problem(
          "rangeflow report",
          `the same run in ${same.dir} and in ${place.dir}`,
          "each run once",
          "move one of them out of its study, or name the runs of one study only",
        ),
      );
    first.set(key, place);
  }
};

const runId = ({ identity }: Place): string =>
  identity ? `${cellId(identity)} ${identity.settings.seed}` : "";

/** The run that was planned under a name, as far as the plan tells of it. */
const plannedRun = (plan: StudyFile | undefined, name: string): Pick<ReportedRun, "seed"> => {
  const seed = plan?.cells.flatMap(({ runs }) => runs).find((run) => run.name === name)?.seed;
  return seed === undefined ? {} : { seed };
};

/** A directory that is reported: its runs, those that have failed and left nothing, and what was planned. */
interface ReportedDirectory {
  readonly places: readonly Place[];
  readonly lost: readonly ReportedRun[];
  readonly isStudy: boolean;
  readonly plan?: StudyFile | undefined;
}

const directoryAt = (directory: string): ReportedDirectory => {
  checkIsDirectory(directory);
  const study = studyIn(directory);
  if (study === undefined) return { places: [placeOf(directory)], lost: [], isStudy: false };
  const names = new Set(study.runs.map((run) => basename(run)));
  const plan = studyFileIn(directory);
  const lost = [...study.failures]
    .filter(([name]) => !names.has(name))
    .map(([name, message]) => ({
      ...{ name, message, identity: undefined, state: "failed" },
      ...plannedRun(plan, name),
    }));
  const places = study.runs.map((run) => placeOf(run, study.failures.get(basename(run))));
  checkOnce(places, plan ? nameIn(plan) : runId);
  return { places: inOrder(places, plan), lost, isStudy: true, plan };
};

/** What directories lead to; several studies are told without what was planned in each. */
const directoriesAt = (directories: readonly string[]) => {
  const all = directories.map(directoryAt);
  // Runs of one study may differ in what changes no bit.
  if (all.length > 1)
    checkOnce(
      all.flatMap(({ places }) => places),
      runId,
    );
  return {
    places: all.flatMap(({ places }) => places),
    lost: all.flatMap(({ lost }) => lost),
    isStudy: all.some(({ isStudy }) => isStudy),
    planned: all.length === 1 ? all[0]?.plan : undefined,
  };
};

/**
 * A report of runs and studies.
 *
 * @param directories of runs, or of studies, which stand for their runs
 * @param comparing how cells are compared, where that is not as a study was planned
 * @throws `RangeflowFailure` where a directory holds neither, or nothing of any run can be read
 */
export const readReport = async (
  directories: readonly string[],
  read: ReadView,
  comparing: Comparing = {},
): Promise<ReportView> => {
  const { places, lost, isStudy, planned } = directoriesAt(directories);
  const names = shortNames(places.map(({ dir }) => dir));
  const runs: RunView[] = [];
  const known: ReportedRun[] = [];
  const unreadable: ReportedRun[] = [];
  for (const [i, place] of places.entries()) {
    const name = names[i]!;
    try {
      runs.push(await read(place.dir, name, (sites) => sharedBuckets(sites, places.length)));
      known.push({ ...place, name });
    } catch (error) {
      if (!isStudy || !(error instanceof RangeflowFailure)) throw error;
      unreadable.push({ ...place, name, message: error.message, state: "failed" });
    }
  }
  if (runs.length === 0)
    throw new RangeflowFailure(
      problem(directories.join(", "), "no run that can be read", "a directory of a run or of a study"),
    );
  if (!isStudy && runs.length === 1) {
    const [asked] = Object.keys(comparing);
    if (asked === undefined) return { runs };
    throw new RangeflowFailure(
      conflict(`--${asked}`, "requires several runs or a study, not a single run", "leave it out"),
    );
  }
  const title = isStudy && directories.length === 1 ? basename(resolve(directories[0]!)) : "Comparison";
  const study = await studyOf(title, [...known, ...unreadable, ...lost], { isStudy, comparing, planned });
  return { runs, ...(study && { study }) };
};
