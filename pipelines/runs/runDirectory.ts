/** @file The directory of a run: its checkpoint, the recording of its ranges, and how both are read again. */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import type { Engine } from "../../core/engine.ts";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { elements, sameShape, shapeText } from "../../core/tensor.ts";
import type { Parameters, ReadParameter } from "../../operators/module/parameters.ts";
import { removePartials } from "../files/atomic.ts";
import {
  type Checkpoint,
  type CheckpointHead,
  readCheckpoint,
  readCheckpointHead,
  writeCheckpoint,
} from "../files/checkpoint.ts";
import { importInfoIn } from "../files/importInfo.ts";
import { decodeJson, encodeJson } from "../files/json.ts";
import { type Recorder, recorder } from "../files/recorder.ts";
import { removeRecording } from "../files/recordingFiles.ts";
import { runNames, studyFileName } from "../files/runNames.ts";
import type { SavedTensor } from "../files/safetensors.ts";
import { truncateRecording } from "../files/truncateRecording.ts";
import { detectionsIn } from "./detectionFile.ts";
import { donePath } from "./doneRecord.ts";
import type { Identity } from "./identity.ts";
import { codeIn } from "./keptCode.ts";
import { learningLogIn } from "./learningLog.ts";
import { outlineIn, type RunOutline } from "./outline.ts";
import { type Provenance, ProvenanceCodec } from "./provenance.ts";
import { identityIn, SavedIdentityCodec, savedIn } from "./savedIdentity.ts";
import { type Progress, ProgressCodec } from "./savedProgress.ts";

/** Path of the checkpoint of a run. */
export const checkpointIn = (dir: string): string => join(dir, runNames.checkpoint);
/** Path of the recording of a run. */
export const rangesIn = (dir: string): string => join(dir, runNames.ranges);

const ConfigCodec = t.intersection([
  t.type({
    identity: SavedIdentityCodec,
    provenance: ProvenanceCodec,
    runId: t.string,
    epochs: t.number,
    progress: ProgressCodec,
  }),
  t.partial({ outline: t.unknown }),
]);

/** A run as it was saved. */
export interface SavedRun {
  readonly identity: Identity;
  readonly provenance: Provenance;
  /** Absent in checkpoints of earlier versions. */
  readonly outline?: RunOutline;
  /** Id of the run when it began. */
  readonly runId: string;
  /** Seed of its experiment. */
  readonly seed: number;
  readonly epochs: number;
  readonly progress: Progress;
  readonly step: number;
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

/** Whether a directory may be a recording, which contains only files. A study that is named `ranges` contains directories. */
const mayBeRecording = (dir: string): boolean =>
  !existsSync(dir) || readdirSync(dir, { withFileTypes: true }).every((entry) => !entry.isDirectory());

/** Whether a directory holds a run. */
export const holdsRun = (dir: string): boolean =>
  existsSync(checkpointIn(dir)) || (existsSync(rangesIn(dir)) && mayBeRecording(rangesIn(dir)));

/** Whether a directory is that of a planned study. */
export const holdsStudy = (dir: string): boolean => existsSync(join(dir, studyFileName));

/** Whether a directory holds a run that can be resumed. */
export const canResume = (dir: string): boolean => existsSync(checkpointIn(dir));

/** Whether a directory holds an imported (third-party) recording without a trained run. */
export const isImported = (dir: string): boolean => !canResume(dir) && importInfoIn(dir) !== undefined;

/** A run as it was saved, without its tensors. */
export type SavedHead = Omit<SavedRun, "tensors">;

const headOf = (dir: string, { config, step, seed }: CheckpointHead): SavedHead => {
  const path = checkpointIn(dir);
  const decoded = ConfigCodec.decode(E.getOrElse<string, unknown>(() => undefined)(decodeJson(config)));
  if (E.isLeft(decoded))
    throw new RangeflowFailure(
      problem(path, "a configuration that is not one of a run", "identity and progress"),
    );
  const identity = getOrThrow(identityIn(path, dir, decoded.right.identity));
  const { outline: saved, ...rest } = decoded.right;
  const outline = outlineIn(saved);
  return { ...rest, identity, ...(outline && { outline }), step, seed };
};

const listShows = "rangeflow list shows the runs below a directory";

/** The failure of whoever reads a run from a directory that holds none. */
export const noRun = (dir: string): RangeflowFailure =>
  new RangeflowFailure(
    existsSync(dir)
      ? problem(dir, "no run", "the directory of a run", listShows)
      : missing(dir, "the directory of a run", listShows),
  );

/**
 * The run that a directory holds.
 *
 * @throws `RangeflowFailure` if there is none, or it is damaged
 */
export const loadRun = (dir: string): SavedRun => {
  if (!holdsRun(dir)) throw noRun(dir);
  if (isImported(dir))
    throw new RangeflowFailure(
      problem(
        dir,
        "a foreign recording, which has no weights",
        "the directory of a run that was trained",
        "rangeflow replay and rangeflow report accept it",
      ),
    );
  const { tensors, ...head }: Checkpoint = readCheckpoint(checkpointIn(dir));
  return { ...headOf(dir, head), tensors };
};

/**
 * What a directory says of its run, without reading its tensors.
 *
 * @throws `RangeflowFailure` if there is nothing to read
 */
export const lookAtRun = (dir: string): SavedHead => headOf(dir, readCheckpointHead(checkpointIn(dir)));

/** Values of parameters by path, without copies. */
export const savedTensors = (parameters: readonly ReadParameter[]): ReadonlyMap<string, SavedTensor> =>
  new Map(parameters.map(({ path, value }) => [path, { shape: value.shape, data: elements(value) }]));

/** Saves a run, replacing what was saved before. */
export const saveRun = (dir: string, run: SavedRun): void =>
  writeCheckpoint(checkpointIn(dir), {
    step: run.step,
    seed: run.seed,
    config: encodeJson({
      identity: savedIn(dir, run.identity),
      provenance: run.provenance,
      ...(run.outline && { outline: run.outline }),
      runId: run.runId,
      epochs: run.epochs,
      progress: run.progress,
    }),
    tensors: run.tensors,
  });

/**
 * Restores the parameters of a network from saved values.
 *
 * @throws `RangeflowFailure` if they are not the parameters of this network
 */
export const restore = (dir: string, { tensors }: SavedRun, engine: Engine, parameters: Parameters): void => {
  for (const { path, value } of parameters.list()) {
    const saved = tensors.get(path);
    if (saved === undefined || !sameShape(saved.shape, value.shape))
      throw new RangeflowFailure(
        problem(
          checkpointIn(dir),
          saved ? `${path} of ${shapeText(saved.shape)}` : `no ${path}`,
          shapeText(value.shape),
          "resume with the model that was saved",
        ),
      );
    expectSync(engine.write(value, saved.data));
  }
};

/**
 * Refuses a directory that cannot become that of a new run, as far as this can be checked without changing it.
 *
 * @throws `RangeflowFailure` if it holds a run already, or a study, which a run in the same directory would hide
 */
export const checkFree = (dir: string): void => {
  if (holdsStudy(dir))
    throw new RangeflowFailure(
      problem(
        dir,
        "the directory of a study",
        "an empty or new directory",
        `name another, such as ${join(dir, "NAME")}`,
      ),
    );
  if (holdsRun(dir) || existsSync(rangesIn(dir)))
    throw new RangeflowFailure(
      isImported(dir)
        ? problem(dir, "a foreign recording", "an empty or new directory", "name another")
        : problem(
            dir,
            "the directory of a run",
            "an empty or new directory",
            "name another, or add --resume (in code resume: true, or numbered: true for a directory of its own)",
          ),
    );
};

/** Removes half-written files of killed processes. The directory must belong to this process. */
export const removeLeftovers = (dir: string): void => {
  removePartials(checkpointIn(dir));
  removePartials(donePath(dir));
  removePartials(learningLogIn(dir));
  removePartials(detectionsIn(dir));
  removePartials(codeIn(dir));
};

/** Removes all files of a run from its directory. */
export const removeRun = (dir: string): void => {
  removeRecording(rangesIn(dir));
  rmSync(learningLogIn(dir), { force: true });
  rmSync(detectionsIn(dir), { force: true });
  rmSync(checkpointIn(dir), { force: true });
};

/**
 * Opens the recorder of a run at `step` and removes the record of its end. Later rows, left by a killed process, are dropped.
 *
 * @param check throws if the directory no longer belongs to this process
 */
export const openRecorder = (dir: string, runId: string, step: number, check: () => void): Recorder => {
  const ranges = rangesIn(dir);
  rmSync(donePath(dir), { force: true });
  if (existsSync(ranges)) truncateRecording(ranges, step);
  return recorder({ dir: ranges, runId, firstStep: step, now: () => performance.now(), check });
};

/** Directory of a run, given that directory or its recording's; undefined if the recording has no run around it. */
export const homeOf = (dir: string): string | undefined => {
  if (holdsRun(dir)) return dir;
  const above = dirname(resolve(dir));
  return resolve(dir) === rangesIn(above) && mayBeRecording(dir) ? above : undefined;
};

/** Identity of the run in a directory, or in the directory above a recording; undefined if there is none. */
export const identityOfRun = (dir: string): Identity | undefined => {
  const home = homeOf(dir);
  return home !== undefined && canResume(home) ? loadRun(home).identity : undefined;
};
