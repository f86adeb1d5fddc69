/** @file What a page shows of a run, read from its directory: whatever is whole of it, and sentences on what is missing. */
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
import { canResume, homeOf, loadRun, rangesIn } from "../runs/runDirectory.ts";
import { hasRatios } from "../views/rangeRow.ts";
import { type RunFold, runFold, type SiteFold } from "../views/runFold.ts";
import type { EpochView, RunView } from "../views/runView.ts";
import { factsOfImport, factsOfRun } from "./runFacts.ts";

/**
 * Buckets of a page: as many as a screen has room for, and fewer where there are so many sites that the page would grow beyond 5 MB;
 * a bucket of a site takes some 70 bytes there.
 */
export const bucketsFor = (sites: number): number => {
  const room = (3 * 2 ** 14) / Math.max(1, sites);
  return 2 * Math.floor(Math.min(1024, Math.max(16, room)) / 2);
};

/** Buckets of each of some runs that share a page, which has fewer of them where they take more room than there is. */
export const sharedBuckets = (sites: number, runs: number): number =>
  runs <= 1 ? bucketsFor(sites) : 2 * Math.floor(Math.min(1024, Math.max(16, 2 ** 16 / (sites * runs))) / 2);

/** Whether row `i` is of a cold start, whose placeholder is no tensor. */
const isColdStart = ({ foreign }: StatColumns, i: number): boolean =>
  foreign !== undefined && bitAt(foreign.coldStart, i) === 1;

/** Folds the rows of a batch, but those of cold starts; one site's fold is looked up once. */
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

/** Folds a line of the log; gives the epoch, if it is one. */
export const foldLine = (fold: RunFold, line: LearningLine): EpochView | undefined => {
  if (line.event === "epoch") return line;
  if (line.event === "step") fold.addStep(line);
  if (line.event === "sqnr") fold.addSqnr(line);
  return undefined;
};

/** What can be had of a part, and a sentence where it cannot. */
const attempt = <A>(missing: string[], act: () => A): A | undefined =>
  recovered(act, ({ message }) => {
    missing.push(message);
    return undefined;
  });

const tellsRatios = (fold: RunFold): boolean => fold.view().sites.some(({ columns }) => hasRatios(columns));

/** Folds the ratios that recorded histograms tell of the ranges of the run. */
const foldFits = (fold: RunFold, rows: Iterable<RangeSeen>): void => {
  for (const row of rows) {
    const judge = row.verdict === "observed" ? histogramFit(row) : undefined;
    if (judge && "fit" in judge)
      fold.addSqnr({ site: row.site, step: row.step, sqnr: judge.fit(row.range).sqnr });
  }
};

/** @throws `RangeflowFailure` where no directory is */
export const checkIsDirectory = (dir: string): void => {
  if (statAt(dir)?.isDirectory()) return;
  const hint = "check its name; rangeflow list shows the runs below a directory";
  const expected = "the directory of a run or of a study";
  throw new RangeflowFailure(
    existsSync(dir) ? problem(dir, "not a directory", expected, hint) : missing(dir, expected, hint),
  );
};

/**
 * A run as a page shows it, read from its directory: what is whole of it, and in `missing` a sentence on each part that is not. It is
 * what the charts of `rangeflow/charts` take.
 *
 * @param dir of a run, or of a recording alone; it may still go on
 * @param name as the page calls it
 * @param mostFor buckets for so many sites; steps that share one keep their least and their greatest values
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
    facts: saved ? factsOfRun(saved) : imported ? factsOfImport(imported) : [],
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
