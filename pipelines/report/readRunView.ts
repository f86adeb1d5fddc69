/** @file Reads the view of a run from its directory: everything that is complete, and messages about what is missing. */
import { existsSync } from "node:fs";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { projectionTitle } from "../../core/projectionTitle.ts";
import type { RangeSeen } from "../../core/signal.ts";
import { bitAt } from "../files/bits.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { readRecording } from "../files/recording.ts";
import { recovered } from "../files/recovered.ts";
import { statAt } from "../files/statAt.ts";
import type { StatColumns } from "../files/statColumns.ts";
import { histogramFit } from "../replay/histogramFit.ts";
import { readDetections } from "../runs/detectionFile.ts";
import { type DoneRecord, doneRecordIn } from "../runs/doneRecord.ts";
import { runIdOf } from "../runs/identity.ts";
import { type LearningLine, learningLog } from "../runs/learningLog.ts";
import { canResume, homeOf, loadRun, lookAtRun, rangesIn, type SavedHead } from "../runs/runDirectory.ts";
import { hasRatios } from "../views/rangeRow.ts";
import { type RunFold, runFold, type SiteFold } from "../views/runFold.ts";
import type { EpochView, RunView } from "../views/runView.ts";
import { factsOfImport, factsOfRun } from "./runFacts.ts";

/**
 * Number of buckets per run on a page: as many as fit on a screen, fewer if the number of sites would make the page larger than 5 MB. A
 * bucket of a site takes about 70 bytes.
 */
export const bucketsFor = (sites: number): number => {
  const room = (3 * 2 ** 14) / Math.max(1, sites);
  return 2 * Math.floor(Math.min(1024, Math.max(16, room)) / 2);
};

/** Number of buckets per run if several runs share a page. */
export const sharedBuckets = (sites: number, runs: number): number =>
  runs <= 1 ? bucketsFor(sites) : 2 * Math.floor(Math.min(1024, Math.max(16, 2 ** 16 / (sites * runs))) / 2);

/** Whether row `i` belongs to a cold start, whose values are placeholders. */
const isColdStart = ({ foreign }: StatColumns, i: number): boolean =>
  foreign !== undefined && bitAt(foreign.coldStart, i) === 1;

/** Folds the rows of a batch, except cold starts. The fold of each site is looked up once. */
export const foldRows = (fold: RunFold, columns: StatColumns): void => {
  const sites: SiteFold[] = [];
  for (let i = 0; i < columns.rows; i++) {
    if (isColdStart(columns, i)) continue;
    const text = columns.site.index[i]!;
    const path = columns.site.texts[text]!;
    sites[text] ??= fold.site(path, () => {
      const projection = columns.projection.projections[columns.projection.index[i]!];
      return {
        site: path,
        role: columns.role.texts[columns.role.index[i]!]!,
        estimator: columns.estimator.texts[columns.estimator.index[i]!]!,
        bits: columns.bits[i]!,
        scheme: columns.scheme.texts[columns.scheme.index[i]!]!,
        ...(projection && { projection: projectionTitle(projection) }),
      };
    });
    const site = sites[text]!;
    const step = columns.step[i]!;
    site.add({
      step,
      observed: columns.verdict.texts[columns.verdict.index[i]!] === "observed",
      min: columns.min[i]!,
      max: columns.max[i]!,
      lo: columns.lo[i]!,
      hi: columns.hi[i]!,
      count: columns.count[i]!,
      nonFinite: columns.nonFinite[i]!,
      clipped: columns.clipped[i]!,
      bytesMoved: columns.bytesMoved[i]!,
      bytesSaved: columns.bytesSaved[i]!,
      isStatic: bitAt(columns.isStatic, i) === 1,
    });
    const { histogramValues: values, histogramCounts: counts } = columns;
    const [from, to] = [values.offsets[i]!, values.offsets[i + 1]!];
    if (from < to)
      site.addHistogram({
        step,
        values: values.values.slice(from, to),
        counts: counts.values.slice(counts.offsets[i]!, counts.offsets[i + 1]!),
      });
  }
};

/** Folds a line of the log. Returns the epoch if it is one. */
export const foldLine = (fold: RunFold, line: LearningLine): EpochView | undefined => {
  if (line.event === "epoch") return line;
  if (line.event === "step") fold.addStep(line);
  if (line.event === "sqnr") fold.addSqnr(line);
  return undefined;
};

/** The result of reading a part; adds a message to `missing` if that fails. */
const attempt = <A>(missing: string[], act: () => A): A | undefined =>
  recovered(act, ({ message }) => {
    missing.push(message);
    return undefined;
  });

/** What the checkpoint of a run says, if it can be read; the record of a finished run of an earlier version says less. */
const headIn = (home: string): Partial<SavedHead> =>
  recovered(
    () => (canResume(home) ? lookAtRun(home) : {}),
    () => ({}),
  );

const tellsRatios = (fold: RunFold): boolean => fold.view().sites.some(({ columns }) => hasRatios(columns));

/** Folds the signal-to-noise ratios that recorded histograms give for the run's own ranges. */
const foldFits = (fold: RunFold, rows: Iterable<RangeSeen>): void => {
  for (const row of rows) {
    const judge = row.verdict === "observed" ? histogramFit(row) : undefined;
    if (judge && "fit" in judge)
      fold.addSqnr({ site: row.site, step: row.step, sqnr: judge.fit(row.range).sqnr });
  }
};

/** @throws `RangeflowFailure` unless the directory exists */
export const checkIsDirectory = (dir: string): void => {
  if (statAt(dir)?.isDirectory()) return;
  const hint = "check its name; rangeflow list shows the runs below a directory";
  const expected = "the directory of a run or of a study";
  throw new RangeflowFailure(
    existsSync(dir) ? problem(dir, "not a directory", expected, hint) : missing(dir, expected, hint),
  );
};

/**
 * Reads the view of a run from its directory, as the page and the charts of `rangeflow/charts` take it. Incomplete parts are left out,
 * with a message for each in `missing`.
 *
 * @param dir directory of a run, which may be in progress, or of a recording
 * @param name name on the page. Default: `dir`
 * @param mostFor number of buckets for a number of sites; a bucket keeps the smallest and largest values of its steps. Default: at most 5
 *   MB per page
 * @throws `RangeflowFailure` if the directory holds no run
 * @example not run: it reads a run
 * const { steps, sites, missing } = readRunView("runs/mine");
 * console.log(steps, sites.map(({ site }) => site), missing);
 */
export const readRunView = (dir: string, name = dir, mostFor = bucketsFor): RunView => {
  checkIsDirectory(dir);
  const missing: string[] = [];
  const home = homeOf(dir) ?? dir;
  const done = attempt<DoneRecord | undefined>(missing, () => doneRecordIn(home));
  const recording = attempt(missing, () =>
    readRecording(homeOf(dir) === undefined ? dir : rangesIn(home), done?.recording),
  );
  const saved = done ?? attempt(missing, () => (canResume(home) ? loadRun(home) : undefined));
  if (recording === undefined && saved === undefined)
    throw new RangeflowFailure(
      problem(
        dir,
        "no readable part of a run",
        "the directory of a run",
        missing.join(" ").replace(/\.$/, ""),
      ),
    );
  const fold = runFold(mostFor);
  attempt(missing, () => {
    for (const batch of recording?.batches() ?? []) foldRows(fold, batch);
  });
  const epochs: EpochView[] = [];
  let failure: string | undefined;
  attempt(missing, () => {
    for (const line of learningLog(home)) {
      const epoch = foldLine(fold, line);
      if (epoch) epochs.push(epoch);
      if (line.event === "failed") failure = line.why;
    }
  });
  const detections = attempt(missing, () => readDetections(home, saved && runIdOf(saved.identity)));
  const wasMeasured = tellsRatios(fold);
  const hasHistograms = fold.view().sites.some(({ histograms }) => histograms.length > 0);
  if (recording && !recording.isForeign && hasHistograms && !wasMeasured)
    attempt([], () => foldFits(fold, recording.rows()));
  const imported = recording?.isForeign ? attempt(missing, () => importInfoIn(home)) : undefined;
  return {
    name,
    state: recording?.isForeign ? "imported" : done ? "finished" : "open",
    facts: saved
      ? factsOfRun({ ...headIn(home), ...saved }, fold.view().sites)
      : imported
        ? factsOfImport(imported)
        : [],
    ...(done && { done: done.done }),
    ...(failure !== undefined && { failure }),
    epochs,
    ...(detections && { detections }),
    ...fold.view(),
    ...(tellsRatios(fold) && { sqnrFrom: wasMeasured ? "run" : "histograms" }),
    counterfactuals: [],
    missing,
  };
};
