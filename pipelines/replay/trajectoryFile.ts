/** @file A file of trajectories, written while a recording is replayed, in the format that its name ends with. */
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

/** Endings of files that trajectories can be written to. */
const trajectoryEndings = Object.keys(encoders);

export interface TrajectoryFile {
  /** Takes the answers of an estimator at a site; the option `open` of `replayStudy`. */
  readonly open: NonNullable<ReplayOptions["open"]>;
  /** Writes what waits and gives the file its name. */
  readonly close: () => void;
  /** Leaves no file, as after a failure. */
  readonly discard: () => void;
}

/**
 * A file that takes every range that estimators answer in a replay, one row for each tensor, site and estimator: step, site, role, estimator,
 * min and max of the tensor, lo and hi of the range, isStatic, clipped and error. It is lossless; some thousand rows wait in memory, and the
 * file has its name once it is whole.
 *
 * @param path ends with `.arrow` (Arrow IPC file, Feather), `.arrows` (Arrow IPC stream), `.csv` or `.jsonl`
 * @param options `isForeign` (no): whether the recording is foreign, so that rows say minError, maxError and coldStart as well
 * @throws `RangeflowFailure` for another ending, and where the disk refuses
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
