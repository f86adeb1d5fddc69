/** @file Reads what a report shows from the directories of runs and studies. */
import { basename, resolve } from "node:path";
import { conflict, problem, RangeflowFailure } from "../../core/errors.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { recovered } from "../files/recovered.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import { openRunState } from "../runs/openRunState.ts";
import { canResume, homeOf, loadRun } from "../runs/runDirectory.ts";
import { cellId, measuredIn, seededId } from "../studies/cellId.ts";
import type { Comparing } from "../studies/comparing.ts";
import { type StudyFile, studyFileIn } from "../studies/studyFile.ts";
import type { RunView } from "../views/runView.ts";
import { shortNames } from "../views/shortNames.ts";
import type { ReportView } from "../views/studyView.ts";
import { plannedAxes, plannedCellOf, plannedRunOf } from "./plannedCells.ts";
import { checkIsDirectory, sharedBuckets } from "./readRunView.ts";
import type { ReportedRun } from "./studyCells.ts";
import { checkHasRuns, studyIn } from "./studyDirectory.ts";
import { studyOf } from "./studyView.ts";

/** Reads the view of a run. */
export type ReadView = (
  dir: string,
  name: string,
  mostFor: (sites: number) => number,
) => RunView | Promise<RunView>;

/** A run of the report, before its recording is read. */
interface Place extends ReportedRun {
  readonly dir: string;
  /** Start of the run in ISO 8601. */
  readonly begun: string;
}

/** The result of reading; undefined if a file is damaged, which the view of the run reports. */
const readable = <A>(read: () => A): A | undefined => recovered(read, () => undefined);

/** What comes of reading, or the sentence on what is wrong with it. */
const readOr = <A>(read: () => A): A | string => recovered<A, string>(read, ({ message }) => message);

/** A run that is to be shown. */
const placeOf = (dir: string): Place => {
  const home = homeOf(dir) ?? dir;
  const record = readOr(() => doneRecordIn(home));
  const isEnded = record !== undefined && typeof record !== "string";
  const found = isEnded ? record : readOr(() => (canResume(home) ? loadRun(home) : undefined));
  const saved = typeof found === "string" ? undefined : found;
  const directory = basename(dir);
  const begun = saved?.provenance.date ?? "";
  const place = { dir, directory, name: directory, identity: saved?.identity, begun };
  if (isEnded) return { ...place, done: record.done, state: "finished" };
  const damage = [record, found].find((one) => typeof one === "string");
  if (damage !== undefined) return { ...place, message: damage, state: "damaged" };
  if (saved === undefined && readable(() => importInfoIn(home))) return { ...place, state: "imported" };
  const open = readable(() => openRunState(home)) ?? { state: "stopped" };
  return { ...place, state: open.state, ...("why" in open && { message: open.why }) };
};

/** The same run with the message with which it has failed, where its study knows one and its directory says nothing better. */
const failedAs = (place: Place, message: string | undefined): Place =>
  message === undefined || place.state !== "stopped" ? place : { ...place, message, state: "failed" };

/** Place of a run among others: cells as they were planned, those that were not by when they began, and runs of which nothing is known. */
type Rank = readonly [planned: number, begun: string, cell: string, seed: number];

const before = (a: Rank, b: Rank): number => {
  const i = a.findIndex((part, at) => part !== b[at]);
  return i < 0 ? 0 : a[i]! < b[i]! ? -1 : 1;
};

/**
 * Runs of a study, cell by cell and by seed.
 *
 * @param plan plan of the study; without one, cells are ordered by the start of their first run
 */
const inOrder = (
  places: readonly Place[],
  plan: StudyFile | undefined,
  varied: readonly string[],
): readonly Place[] => {
  const idOf = ({ identity }: Place): string => (identity ? cellId(identity, varied) : "");
  const cellOf = plan && plannedCellOf(plan);
  const firsts = new Map<string, Rank>();
  for (const place of places) {
    const id = idOf(place);
    const rank: Rank = [cellOf?.(place) ?? Number.POSITIVE_INFINITY, place.begun, id, 0];
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
const checkOnce = (places: readonly Place[], varied: readonly string[]): void => {
  const first = new Map<string, Place>();
  for (const place of places) {
    if (!place.identity) continue;
    const key = seededId(place.identity, varied);
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

/** A run of which nothing says what it was, with the seed that was planned under its name. */
const withSeed = <R extends ReportedRun>(run: R, plan: StudyFile | undefined): R => {
  const seed = run.identity || !plan ? undefined : plannedRunOf(plan)(run)?.seed;
  return seed === undefined ? run : { ...run, seed };
};

/** A directory in the report: its runs, failed runs that left nothing, and its plan. */
interface ReportedDirectory {
  readonly places: readonly Place[];
  readonly lost: readonly ReportedRun[];
  /** Names of failed runs that left nothing and are not planned any more. */
  readonly unplanned: readonly string[];
  readonly isStudy: boolean;
  readonly plan?: StudyFile | undefined;
}

/** Settings that cells of runs are told apart by although they change no bit: those that a plan varies, and those that runs were made for. */
const variedIn = (plans: readonly (StudyFile | undefined)[], places: readonly Place[]): readonly string[] => [
  ...plans.flatMap((plan) => (plan ? plannedAxes(plan) : [])),
  ...measuredIn(places.flatMap(({ identity }) => (identity ? [identity] : []))),
];

const directoryAt = async (directory: string): Promise<ReportedDirectory> => {
  checkIsDirectory(directory);
  const study = await studyIn(directory);
  if (study === undefined) return { places: [placeOf(directory)], lost: [], unplanned: [], isStudy: false };
  checkHasRuns(directory, study);
  const plan = studyFileIn(directory);
  const planned = plan && plannedRunOf(plan);
  // A directory that has another name is still that of the run that was planned.
  const nameOf = (place: Place): string => planned?.(place)?.name ?? place.directory;
  const places = study.runs.map((run) => {
    const place = withSeed(placeOf(run), plan);
    return failedAs(place, study.failures.get(nameOf(place)));
  });
  const names = new Set(places.map(nameOf));
  const lost = [...study.failures]
    .filter(([name]) => !names.has(name))
    .map(([name, message]) =>
      withSeed({ name, directory: name, message, identity: undefined, state: "failed" }, plan),
    );
  const varied = variedIn([plan], places);
  checkOnce(places, varied);
  const { unplanned } = study;
  return { places: inOrder(places, plan, varied), lost, unplanned, isStudy: true, plan };
};

/** Contents of the directories. Several studies are reported without their plans. */
const directoriesAt = async (directories: readonly string[]) => {
  const all = await Promise.all(directories.map(directoryAt));
  const places = all.flatMap((one) => one.places);
  const varied = variedIn(
    all.map(({ plan }) => plan),
    places,
  );
  if (all.length > 1) checkOnce(places, varied);
  return {
    places,
    varied,
    lost: all.flatMap(({ lost }) => lost),
    unplanned: all.flatMap(({ unplanned }) => unplanned),
    isStudy: all.some(({ isStudy }) => isStudy),
    planned: all.length === 1 ? all[0]?.plan : undefined,
  };
};

/**
 * Reads a report of runs and studies.
 *
 * @param directories directories of runs, or of studies, which stand for their runs
 * @param comparing how to compare cells. Default: as the study was planned
 * @throws `RangeflowFailure` if a directory holds neither, or no run can be read
 */
export const readReport = async (
  directories: readonly string[],
  read: ReadView,
  comparing: Comparing = {},
): Promise<ReportView> => {
  const { places, lost, unplanned, isStudy, planned, varied } = await directoriesAt(directories);
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
  const study = await studyOf(title, [...known, ...unreadable, ...lost], {
    isStudy,
    comparing,
    planned,
    varied,
    unplanned,
  });
  return { runs, ...(study && { study }) };
};
