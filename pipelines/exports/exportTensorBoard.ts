/** @file Writes what runs have logged and recorded as TensorBoard event files. */
import { isAbsolute, join, relative, sep } from "node:path";
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import { runNames } from "../files/runNames.ts";
import { noSite } from "../replay/noSite.ts";
import { findRuns } from "../runs/findRuns.ts";
import { type ListedRun, listedRun } from "../runs/listedRun.ts";
import { homeOf, noRun } from "../runs/runDirectory.ts";
import {
  type ExportedEvents,
  type ExportingRun,
  exportRunEvents,
  hasFailed,
  hasSite,
  hasSteps,
  scoreTags,
} from "./exportRunEvents.ts";
import type { SessionEnd } from "./hparamsEvent.ts";
import { type Hparams, hparamColumns, runHparams } from "./runHparams.ts";

/** Result of `exportTensorBoard`. */
export interface ExportedRuns {
  readonly runs: readonly ExportedEvents[];
  /** Directories of runs that have not logged or recorded a step, and are left out. */
  readonly withoutSteps: readonly string[];
}

/** Options of `exportTensorBoard`. */
export interface ExportTensorBoardOptions {
  /** Pattern of the sites to export, such as `conv1/*`. Losses and scores are always exported. Default: `*`, all sites. */
  readonly site?: string;
}

/** The run in a directory, or all runs below it, each with the directory of its event file. */
const placesOf = (dir: string, out: string): readonly Pick<ExportingRun, "home" | "out">[] => {
  const home = homeOf(dir);
  if (home !== undefined) return [{ home, out }];
  const { runs, closed } = findRuns(dir);
  if (closed.length > 0)
    throw new RangeflowFailure(
      ...closed.map(({ dir: at, why }) =>
        problem(at, `a directory that cannot be read (${why})`, "a readable one"),
      ),
    );
  if (runs.length === 0) throw noRun(dir);
  return runs.map((run) => ({ home: run, out: join(out, relative(dir, run)) }));
};

/** Refuses a directory that a run keeps files of its own in. */
const checkApart = (home: string, out: string): void => {
  const own = [runNames.ranges, runNames.code].find((name) => {
    const way = relative(join(home, name), out);
    return way !== ".." && !way.startsWith(join("..", sep)) && !isAbsolute(way);
  });
  if (own !== undefined)
    throw new RangeflowFailure(
      problem(
        "exportTensorBoard, out",
        `${out}, in the ${own} of a run`,
        "a directory that no run keeps its files in",
      ),
    );
};

const hparamsOf = ({ saved }: ListedRun): Hparams => (saved === undefined ? new Map() : runHparams(saved));

/** How a run has ended; undefined if it goes on, or may. */
const endOf = (state: string, home: string): SessionEnd | undefined => {
  if (state === "finished") return "success";
  return hasFailed(home) ? "failure" : undefined;
};

/**
 * Writes what a run has logged and recorded as one TensorBoard event file, `events.out.tfevents.SECONDS.ID.rangeflow.v2`, named after the
 * second in which the run began, and its id. Of a directory with runs below it, such as that of a study, each run gets a directory of its own. Runs may
 * be in progress or stopped; only their files are read, and the same files give the same bytes.
 *
 * | tag | value |
 * |---|---|
 * | `loss/train`, `learning_rate` | at each step |
 * | `loss/test`, `METRIC/train`, `METRIC/test` | at the end of each epoch, whose step is the number of steps so far |
 * | `range/SITE/lo`, `range/SITE/hi` | range that the tensor was quantized with |
 * | `tensor/SITE/min`, `tensor/SITE/max` | smallest and largest finite element |
 * | `clipped/SITE` | share of clipped elements, 0 to 1 |
 * | `sqnr/SITE` | signal-to-quantization-noise ratio in dB, at steps at which the run measured it |
 * | `histogram/SITE` | histogram, at steps at which the run recorded one |
 * | HPARAMS tab | settings of the run beside its last scores |
 *
 * Steps count from 0, as in the recording. Scalars are rounded to float32, as by PyTorch's `SummaryWriter`. Wall times spread the duration
 * of the run evenly over its steps. Unknown values are left out, as are ranges and clipping of imported (third-party) recordings.
 *
 * @param dir directory of the run, or one with runs below it
 * @param out directory for the file, or for one directory a run; it is created if necessary, and an earlier export of a run is replaced
 * @throws `RangeflowFailure` if there is no run, none has a step yet or one is damaged, the pattern matches no site, `out` is no directory
 *   or has event files of another run, and if the disk refuses; of that run nothing is then written
 * @example not run: it reads a run
 * import { exportTensorBoard } from "rangeflow/pipelines";
 *
 * const { runs } = exportTensorBoard("runs/mine", "logs/mine", { site: "conv1/*" });
 * @see https://www.tensorflow.org/tensorboard
 */
export const exportTensorBoard = (
  dir: string,
  out: string,
  options: ExportTensorBoardOptions = {},
): ExportedRuns => {
  const { site = "*" } = knownOptions("exportTensorBoard", options, { site: true });
  for (const [where, path] of [
    ["exportTensorBoard", dir],
    ["exportTensorBoard, out", out],
  ] as const)
    checkDirectory(where, path);
  if (typeof site !== "string")
    throw new RangeflowFailure(
      problem("exportTensorBoard, site", valueText(site), "a pattern such as conv1/*"),
    );
  const wrong = patternProblem("--site", site);
  if (wrong) throw new RangeflowFailure(wrong);
  const places = placesOf(dir, out);
  for (const { home, out } of places) checkApart(home, out);
  if (site !== "*" && !places.some(({ home }) => hasSite(home, site))) throw noSite(site);
  const all = places.map((place): ExportingRun => {
    const listed = listedRun(place.home);
    return { ...place, hparams: hparamsOf(listed), end: endOf(listed.state, place.home) };
  });
  const begun = all.filter(({ home }) => hasSteps(home));
  const tab = {
    columns: hparamColumns(begun.map(({ hparams }) => hparams)),
    metrics: [...new Set(begun.flatMap(({ home }) => scoreTags(home)))],
  };
  const written = all.map((run) => [run.home, exportRunEvents(run, site, tab)] as const);
  const runs = written.flatMap(([, events]) => events ?? []);
  const withoutSteps = written.flatMap(([home, events]) => (events ? [] : [home]));
  if (runs.length === 0)
    throw new RangeflowFailure(problem(dir, "a run without a step", "one that has logged or recorded some"));
  return { runs, withoutSteps };
};
