/** @file What a report shows, read from directories of runs and of studies. */
import { basename, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { recovered } from "../files/recovered.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import { openRunState } from "../runs/openRunState.ts";
import { canResume, homeOf, loadRun } from "../runs/runDirectory.ts";
import type { Comparing } from "../studies/comparing.ts";
import { type StudyFile, studyFileIn } from "../studies/studyFile.ts";
import type { RunView } from "../views/runView.ts";
import { shortNames } from "../views/shortNames.ts";
import type { ReportView } from "../views/studyView.ts";
import { checkIsDirectory, sharedBuckets } from "./readRunView.ts";
import { cellId, type ReportedRun } from "./studyCells.ts";
import { studyIn } from "./studyDirectory.ts";
import { studyOf } from "./studyView.ts";

/** Reads the view of a run. */
export type ReadView = (
  dir: string,
  name: string,
  mostFor: (sites: number) => number,
) => RunView | Promise<RunView>;

/** A run that is to be shown, before its recording is read. */
interface Place extends Omit<ReportedRun, "name"> {
  readonly dir: string;
  /** When it began, as ISO 8601. */
  readonly begun: string;
}

/** What comes of reading; undefined where a file is damaged, which the view of the run tells. */
const readable = <A>(read: () => A): A | undefined => recovered(read, () => undefined);

/**
 * A run that is to be shown.
 *
 * @param failure the message with which it has failed, where its study knows one
 */
const placeOf = (dir: string, failure?: string): Place => {
  const home = homeOf(dir) ?? dir;
  const record = readable(() => doneRecordIn(home));
  const saved = record ?? readable(() => (canResume(home) ? loadRun(home) : undefined));
  const place = { dir, identity: saved?.identity, begun: saved?.provenance.date ?? "" };
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
 * @param planned names of runs in the order of their cells; without any, the cell whose run began first is first
 */
const inOrder = (places: readonly Place[], planned: readonly string[]): readonly Place[] => {
  const idOf = ({ identity }: Place): string => (identity ? cellId(identity) : "");
  const order = new Map(planned.map((name, i) => [name, i]));
  const firsts = new Map<string, Rank>();
  for (const place of places) {
    const id = idOf(place);
    const rank: Rank = [order.get(basename(place.dir)) ?? Number.POSITIVE_INFINITY, place.begun, id, 0];
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

/** Refuses a study in whose directories one run lies twice, such as a copy: it would count as a seed more. */
const checkOnce = (directory: string, places: readonly Place[]): void => {
  const first = new Map<string, Place>();
  for (const place of places) {
    if (!place.identity) continue;
    const key = `${cellId(place.identity)} ${place.identity.settings.seed}`;
    const same = first.get(key);
    if (same !== undefined)
      throw new RangeflowFailure(
        problem(
          directory,
          `the same run in ${basename(same.dir)} and in ${basename(place.dir)}`,
          "each run once",
          "move one of them out of the study",
        ),
      );
    first.set(key, place);
  }
};

/** Runs that directories lead to. */
const placesIn = (directories: readonly string[]) => {
  const lost: { readonly name: string; readonly message: string }[] = [];
  const plans: StudyFile[] = [];
  const places = directories.flatMap((directory): readonly Place[] => {
    checkIsDirectory(directory);
    const study = studyIn(directory);
    if (study === undefined) return [placeOf(directory)];
    const names = new Set(study.runs.map((run) => basename(run)));
    for (const [name, message] of study.failures) if (!names.has(name)) lost.push({ name, message });
    const plan = studyFileIn(directory);
    if (plan) plans.push(plan);
    const runs = study.runs.map((run) => placeOf(run, study.failures.get(basename(run))));
    checkOnce(directory, runs);
    return inOrder(runs, plan?.cells.flatMap((cell) => cell.runs) ?? []);
  });
  return { places, lost, planned: directories.length === 1 ? plans[0] : undefined };
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
  const { places, lost, planned } = placesIn(directories);
  const isStudy = directories.some((directory) => studyIn(directory) !== undefined);
  const names = shortNames(places.map(({ dir }) => dir));
  const runs: RunView[] = [];
  const known: ReportedRun[] = [];
  for (const [i, place] of places.entries()) {
    const name = names[i]!;
    try {
      runs.push(await read(place.dir, name, (sites) => sharedBuckets(sites, places.length)));
      known.push({ ...place, name });
    } catch (error) {
      if (!isStudy || !(error instanceof RangeflowFailure)) throw error;
      lost.push({ name, message: error.message });
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
      problem(`--${asked}`, "it beside a single run", "several runs, or a study", "leave it out"),
    );
  }
  const title = isStudy && directories.length === 1 ? basename(resolve(directories[0]!)) : "Comparison";
  const missing = lost.map((run) => ({ ...run, identity: undefined, state: "failed" }));
  const study = await studyOf(title, [...known, ...missing], { isStudy, comparing, planned });
  return { runs, ...(study && { study }) };
};
