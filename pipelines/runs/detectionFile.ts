/** @file `detections.json`: what a detection run found on its first test images at the end of its last epoch. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeTextAtomically } from "../files/atomic.ts";
import { readText } from "../files/regularFile.ts";
import { runNames } from "../files/runNames.ts";
import { decodeSealed, encodeSealed } from "../files/sealedJson.ts";
import type { DetectedPictures } from "./detectedPictures.ts";

/** Path of the file of a run. */
export const detectionsIn = (dir: string): string => join(dir, runNames.detections);

const boxed = { label: t.number, box: t.tuple([t.number, t.number, t.number, t.number]) };

const FileCodec = t.type({
  runId: t.string,
  epoch: t.number,
  step: t.number,
  classes: t.readonlyArray(t.string),
  images: t.readonlyArray(
    t.type({
      height: t.number,
      width: t.number,
      picture: t.type({
        height: t.number,
        width: t.number,
        channels: t.union([t.literal(1), t.literal(3)]),
        bytes: t.string,
      }),
      truth: t.readonlyArray(t.type(boxed)),
      found: t.readonlyArray(t.type({ ...boxed, score: t.number })),
    }),
  ),
});

/** Writes the pictures to the directory of a run, replacing those of an earlier epoch. */
export const writeDetections = (dir: string, runId: string, pictures: DetectedPictures): void =>
  writeTextAtomically(detectionsIn(dir), encodeSealed({ runId, ...pictures }));

const hint = "remove it; a resumed run writes it again";

/**
 * Detections saved in the directory of a run; undefined if there are none, for example because the task is not detection.
 *
 * @param run id of the run, if it is known
 * @throws `RangeflowFailure` if the file is damaged, was changed, or belongs to another run or version
 */
export const readDetections = (dir: string, run?: string): DetectedPictures | undefined => {
  const path = detectionsIn(dir);
  if (!existsSync(path)) return undefined;
  const decoded = FileCodec.decode(decodeSealed(path, readText(path, "detections of a run"), hint));
  if (E.isLeft(decoded))
    throw new RangeflowFailure(
      problem(path, "detections of a run of another version", "those of this version", hint),
    );
  const { runId, ...pictures } = decoded.right;
  if (run !== undefined && run !== runId)
    throw new RangeflowFailure(problem(path, `detections of run ${runId}`, `those of run ${run}`, hint));
  return pictures;
};

/** Removes detections of epochs that a resumed run has not reached. An unreadable file is removed as well. */
export const cutDetections = (dir: string, runId: string, epochs: number): void => {
  const path = detectionsIn(dir);
  const isKept = (): boolean => {
    try {
      return (readDetections(dir, runId)?.epoch ?? 0) <= epochs;
    } catch {
      return false;
    }
  };
  if (!isKept()) rmSync(path, { force: true });
};
