import { leastScore, mostFound, mostPictures } from "./detectedPictures.ts";
import { writeDetections } from "./detectionFile.ts";
import type { OpenRun } from "./openRun.ts";
import { picturesOf } from "./pictures.ts";

/**
 * Saves what a detector has found on the first test images after an epoch; does nothing for other tasks. The pictures are made once, when
 * they are first needed.
 */
export const detectionSaver = ({ run, directory }: OpenRun) => {
  let pictures: ReturnType<typeof picturesOf> | undefined;
  return (step: number, epoch: number): void => {
    const found = run.network.found?.() ?? [];
    if (directory === undefined || found.length === 0) return;
    pictures ??= picturesOf(run.batches.test, mostPictures);
    const shown = pictures;
    const images = found.map((all, n) => ({
      ...shown[n]!,
      found: all
        .filter(({ score }) => score >= leastScore)
        .sort((a, b) => b.score - a.score)
        .slice(0, mostFound),
    }));
    directory.check();
    writeDetections(directory.path, run.runId, { epoch, step, classes: run.data.classes, images });
  };
};
