/** @file Writes what a run has logged and recorded as a TensorBoard event file. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { matches, patternProblem } from "../../quantizers/rules/sitePattern.ts";
import { checkDirectory } from "../files/checkDirectory.ts";
import type { SummaryEvent } from "../imports/summaryEvent.ts";
import { noSite } from "../replay/noSite.ts";
import { learningLog } from "../runs/learningLog.ts";
import { homeOf, noRun } from "../runs/runDirectory.ts";
import { type RunRecording, recordingOf } from "../runs/runRecording.ts";
import { eventFile } from "./eventFile.ts";
import { runClock } from "./runClock.ts";
import { inOrder, lineEvent, rowEvent } from "./runEvents.ts";

/** Result of `exportTensorBoard`. */
export interface ExportedEvents {
  /** Path of the event file. */
  readonly file: string;
  /** Largest step of a value. */
  readonly lastStep: number;
  /** Number of sites. */
  readonly sites: number;
  /** Number of scalars. */
  readonly scalars: number;
  /** Number of histograms. */
  readonly histograms: number;
  /** Size of the file. */
  readonly bytes: number;
}

/** Options of `exportTensorBoard`. */
export interface ExportTensorBoardOptions {
  /** Pattern of the sites to export, such as `conv1/*`. Losses and scores are always exported. Default: `*`, all sites. */
  readonly site?: string;
}

/** The events of a run in the order of their steps, and the sites of those that were read. */
const eventsOf = (home: string, recording: RunRecording, pattern: string) => {
  const sites = new Set<string>();
  const isWanted = (site: string): boolean => matches(pattern, site);
  function* logged(): Generator<SummaryEvent> {
    for (const line of learningLog(home)) yield lineEvent(line, isWanted);
  }
  function* recorded(): Generator<SummaryEvent> {
    for (const row of recording.rows()) {
      if (row.foreign?.coldStart || !isWanted(row.site)) continue;
      sites.add(row.site);
      yield rowEvent(row);
    }
  }
  return { sites, events: inOrder(logged(), recorded()) };
};

/** Refuses an export of nothing, or without the sites that were asked for. */
const checkFound = (dir: string, pattern: string, { scalars, histograms, sites }: ExportedEvents): void => {
  if (sites === 0 && pattern !== "*") throw noSite(pattern);
  if (scalars + histograms === 0)
    throw new RangeflowFailure(problem(dir, "a run without a step", "one that has logged or recorded some"));
};

/**
 * Writes what a run has logged and recorded as one TensorBoard event file, `events.out.tfevents.SECONDS.ID.rangeflow.v2`, named after the
 * second in which the run began, and its id. The run may be in progress or stopped; only its files are read, and the same files give the same bytes.
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
 *
 * Steps count from 0, as in the recording. Scalars are rounded to float32, as by PyTorch's `SummaryWriter`. Wall times spread the duration
 * of the run evenly over its steps. Unknown values are left out, as are ranges and clipping of imported (third-party) recordings.
 *
 * @param dir directory of the run
 * @param out directory for the file; it is created if necessary, and an earlier export of the run is replaced
 * @throws `RangeflowFailure` if there is no run, it has no step yet or is damaged, the pattern matches no site, `out` is no directory or
 *   has event files of another run, and if the disk refuses; nothing is then written
 * @example not run: it reads a run
 * import { exportTensorBoard } from "rangeflow/pipelines";
 *
 * const { file, scalars } = exportTensorBoard("runs/mine", "logs/mine", { site: "conv1/*" });
 * @see https://www.tensorflow.org/tensorboard
 */
export const exportTensorBoard = (
  dir: string,
  out: string,
  options: ExportTensorBoardOptions = {},
): ExportedEvents => {
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
  const home = homeOf(dir);
  if (home === undefined) throw noRun(dir);
  const recording = recordingOf(home);
  const { begun, perStep } = runClock(home);
  const file = eventFile(out, begun, recording.runId);
  try {
    const { sites, events } = eventsOf(home, recording, site);
    let [lastStep, scalars, histograms] = [0, 0, 0];
    for (const event of events) {
      const { step, values } = event;
      if (values.length === 0) continue;
      file.add(begun + perStep * step, event);
      const ofHistograms = values.filter(({ histogram }) => histogram !== undefined).length;
      histograms += ofHistograms;
      scalars += values.length - ofHistograms;
      lastStep = Math.max(lastStep, step);
    }
    const found = { file: file.path, lastStep, sites: sites.size, scalars, histograms, bytes: 0 };
    checkFound(dir, site, found);
    return { ...found, bytes: file.close() };
  } catch (error) {
    file.discard();
    throw error;
  }
};
