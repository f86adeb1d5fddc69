/**
 * @file Checkpoints: what a run needs, in addition to its recording, to resume as if it had never stopped.
 *
 * A safetensors file that other programs can read: the tensors by path, and step, seed and configuration as texts. Estimators are not
 * part of it; their state is rebuilt from the recording.
 */
import { createHash } from "node:crypto";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeAtomically } from "./atomic.ts";
import {
  bytesOf,
  encodeSafetensors,
  readSafetensors,
  readTexts,
  type SavedTensor,
  sortedNames,
} from "./safetensors.ts";

/** A checkpoint of a run. */
export interface Checkpoint {
  /** Number of optimizer updates done, which is also the number of the next step. */
  readonly step: number;
  /** Seed of the experiment. */
  readonly seed: number;
  /** Configuration of the run as JSON. */
  readonly config: string;
  /** Weights, optimizer state and running statistics, by path. */
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

const format = "rangeflow-checkpoint";
const schemaVersion = "3";

/**
 * Writes a checkpoint atomically: a reader finds either the previous one or this one, never a part.
 *
 * @throws `RangeflowFailure` if the disk refuses
 */
export const writeCheckpoint = (path: string, { step, seed, config, tensors }: Checkpoint): void =>
  writeAtomically(
    path,
    encodeSafetensors({
      metadata: { format, schemaVersion, step: String(step), seed: String(seed), config },
      tensors,
    }),
  );

/** Whether a text is an integer from 0, as this file writes it. */
const isDecimal = (text: string | undefined): boolean =>
  text !== undefined && Number.isSafeInteger(Number(text)) && /^\d+$/.test(text);

/** A checkpoint without its tensors. */
export type CheckpointHead = Omit<Checkpoint, "tensors">;

/** The texts of a file as those of a checkpoint. */
const headIn = (path: string, metadata: Readonly<Record<string, string>>): CheckpointHead => {
  if (metadata.format !== format)
    throw new RangeflowFailure(
      problem(
        path,
        `format ${metadata.format ?? "of no name"}`,
        format,
        "name a checkpoint of a Rangeflow run",
      ),
    );
  if (metadata.schemaVersion !== schemaVersion)
    throw new RangeflowFailure(
      problem(
        path,
        `checkpoint schema version ${metadata.schemaVersion}`,
        `version ${schemaVersion}`,
        "resume with the version of rangeflow that wrote it",
      ),
    );
  const { config } = metadata;
  const step = Number(metadata.step);
  const seed = Number(metadata.seed);
  if (!isDecimal(metadata.step) || !isDecimal(metadata.seed) || config === undefined)
    throw new RangeflowFailure(
      problem(
        path,
        `step ${metadata.step} and seed ${metadata.seed}`,
        "step, seed and configuration of a run",
      ),
    );
  return { step, seed, config };
};

/**
 * Reads a checkpoint and verifies its checksum.
 *
 * @param path the file, `checkpoint.safetensors` in the directory of a run
 * @throws `RangeflowFailure` if the file is missing, damaged, truncated, or of another kind or version
 * @example not run: it reads a run
 * const { step, tensors } = readCheckpoint("runs/mine/checkpoint.safetensors");
 */
export const readCheckpoint = (path: string): Checkpoint => {
  const { metadata, tensors } = readSafetensors(path, "a checkpoint");
  return { ...headIn(path, metadata), tensors };
};

/**
 * Reads a checkpoint without its tensors. Damage within these goes unnoticed.
 *
 * @throws `RangeflowFailure` if the file is missing, truncated, or of another kind or version
 */
export const readCheckpointHead = (path: string): CheckpointHead =>
  headIn(path, readTexts(path, "a checkpoint"));

/**
 * Identifies weights: the SHA-256, in hexadecimal, over names, shapes and float32 bytes in the order of the names. Equal for tensors that
 * are equal to the bit, in whatever order they are given.
 */
export const weightsSha256 = (tensors: ReadonlyMap<string, SavedTensor>): string => {
  const hash = createHash("sha256");
  for (const name of sortedNames(tensors)) {
    const { shape, data } = tensors.get(name)!;
    hash.update(`${JSON.stringify([name, shape])}\n`);
    hash.update(bytesOf(data));
  }
  return hash.digest("hex");
};
