/** @file Trajectory files, written during a replay in the format that their name ends with. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { listed } from "../../core/inWords.ts";
import { knownOptions } from "../../core/knownOptions.ts";
import { FileBytes, StreamBytes } from "../files/arrowBytes.ts";
import { growOutput } from "../files/outputFiles.ts";
import type { ReplayOptions } from "./replayStudy.ts";
import { arrowEncoder } from "./trajectoryArrow.ts";
import { rowsPerBatch, type TrajectoryEncoder } from "./trajectoryEncoder.ts";
import { csvEncoder, jsonlEncoder } from "./trajectoryText.ts";

const encoders: Readonly<Record<string, (isForeign: boolean) => TrajectoryEncoder>> = {
  ".arrow": (isForeign) => arrowEncoder(new FileBytes(), isForeign),
  ".arrows": (isForeign) => arrowEncoder(new StreamBytes(), isForeign),
  ".csv": csvEncoder,
  ".jsonl": jsonlEncoder,
};

/** File name extensions for trajectories. */
const trajectoryEndings = Object.keys(encoders);

/** A trajectory file that is being written. */
export interface TrajectoryFile {
  /** Receives the ranges of an estimator at a site. Pass it as the option `open` of `replayStudy`. */
  readonly open: NonNullable<ReplayOptions["open"]>;
  /** Writes buffered rows and gives the file its name. */
  readonly close: () => void;
  /** Discards the file, for example after a failure. */
  readonly discard: () => void;
}

/**
 * Opens a file for every range that estimators answer in a replay. It has one row for each tensor, site and estimator: step, site, role,
 * estimator, min and max of the tensor, lo and hi of the range, isStatic, clipped and error. Numbers are lossless. Up to 8192 rows are
 * buffered, and the file gets its name when it is complete.
 *
 * @param path ends with `.arrow` (Arrow IPC file, Feather), `.arrows` (Arrow IPC stream), `.csv` or `.jsonl`
 * @param options `isForeign` (default: false): whether the recording is imported; rows then have minError, maxError and coldStart as well
 * @throws `RangeflowFailure` for another extension, and if the disk refuses
 * @example not run: it reads a run
 * const file = trajectoryFile("ranges.arrow");
 * const estimators = [{ name: "inHindsight", estimator: inHindsight() }];
 * await replayStudy(readRecording("runs/mine/ranges").rows(), estimators, () => true, { open: file.open });
 * file.close();
 */
export const trajectoryFile = (
  path: string,
  options: { readonly isForeign?: boolean } = {},
): TrajectoryFile => {
  const { isForeign = false } = knownOptions("trajectoryFile", options, { isForeign: true });
  const ending = /\.[^./\\]*$/.exec(path)?.[0] ?? "";
  const make = Object.hasOwn(encoders, ending) ? encoders[ending] : undefined;
  if (make === undefined)
    throw new RangeflowFailure(
      problem(
        path,
        ending === "" ? "a name without an ending" : `a name that ends with ${ending}`,
        `one that ends with ${listed(trajectoryEndings, "or")}`,
        ending === ".parquet" ? "write .arrow, which polars and DuckDB turn into Parquet" : undefined,
      ),
    );
  const encoder = make(isForeign);
  const file = growOutput(path);
  try {
    file.append(encoder.start());
  } catch (error) {
    file.discard();
    throw error;
  }
  const flush = (): void => {
    if (encoder.rows() > 0) file.append(encoder.take());
  };
  return {
    open: (first, estimator) => {
      const add = encoder.open(first, estimator);
      return (row, range, isStatic, judgement) => {
        add(row, range, isStatic, judgement);
        if (encoder.rows() === rowsPerBatch) flush();
      };
    },
    close: () => {
      flush();
      file.append(encoder.end());
      file.commit();
    },
    discard: file.discard,
  };
};
