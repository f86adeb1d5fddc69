/** @file What a report shows, read from directories of runs and of studies. */
import { basename, resolve } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { recovered } from "../files/recovered.ts";
import { doneRecordIn } from "../runs/doneRecord.ts";
import type { Identity } from "../runs/identity.ts";
import { openRunState } from "../runs/openRunState.ts";
import { canResume, homeOf, loadRun } from "../runs/runDirectory.ts";
import type { Comparing } from "../studies/comparing.ts";
import type { RunView } from "../views/runView.ts";
import { shortNames } from "../views/shortNames.ts";
import type { ReportView } from "../views/studyView.ts";
import { checkIsDirectory, sharedBuckets } from "./readRunView.ts";
import { studyIn } from "./studyDirectory.ts";
import { cellId, type KnownRun, studyOf } from "./studyView.ts";

/** Reads the view of a run. */
export type ReadView = (
  dir: string,
  name: string,
  mostFor: (sites: number) => number,
) => RunView | Promise<RunView>;

/** A run that is to be shown, before its recording is read. */
interface Place extends Omit<KnownRun, "name"> {
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

/** Runs of a study, cell by cell: first that of the run that began first, in it by seeds. */
const inOrder = (places: readonly Place[]): readonly Place[] => {
  const idOf = ({ identity }: { readonly identity: Identity | undefined }): string =>
    identity ? cellId(identity) : "";
  const begun = new Map<string, string>();
  for (const place of places) {
    const before = begun.get(idOf(place));
    if (before === undefined || place.begun < before) begun.set(idOf(place), place.begun);
  }
  const keyOf = (place: Place): readonly [string, string, number] => [
    // Runs of which nothing is known come last.
    place.identity ? begun.get(idOf(place))! : "~",
    idOf(place),
    Number(place.identity?.settings.seed ?? 0),
  ];
  return places.toSorted((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    const i = x.findIndex((part, at) => part !== y[at]);
    return i < 0 ? 0 : x[i]! < y[i]! ? -1 : 1;
  });
};

/** Runs that directories lead to. */
const placesIn = (directories: readonly string[]) => {
  const lost: { readonly name: string; readonly message: string }[] = [];
  const places = directories.flatMap((directory): readonly Place[] => {
    checkIsDirectory(directory);
    const study = studyIn(directory);
    if (study === undefined) return [placeOf(directory)];
    const names = new Set(study.runs.map((run) => basename(run)));
    for (const [name, message] of study.failures) if (!names.has(name)) lost.push({ name, message });
    return inOrder(study.runs.map((run) => placeOf(run, study.failures.get(basename(run)))));
  });
  return { places, lost };
};

/**
 * A report of runs and studies.
 *
 * @param directories of runs, or of studies, which stand for their runs
 * @param comparing how cells are compared
 * @throws `RangeflowFailure` where a directory holds neither, or nothing of any run can be read
 */
export const readReport = async (
  directories: readonly string[],
  read: ReadView,
  comparing: Comparing = {},
): Promise<ReportView> => {
  const { places, lost } = placesIn(directories);
  const isStudy = directories.some((directory) => studyIn(directory) !== undefined);
  const names = shortNames(places.map(({ dir }) => dir));
  const runs: RunView[] = [];
  const known: KnownRun[] = [];
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
  const study = await studyOf(title, [...known, ...missing], { isStudy, comparing });
  return { runs, ...(study && { study }) };
};
