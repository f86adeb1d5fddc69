/** @file Halves the number of detection pictures in a view, for pages that would be too large. */
import type { RunView } from "./runView.ts";

/** Number of pictures of a run. */
export const picturesIn = ({ detections }: RunView): number => detections?.images.length ?? 0;

/** The same run with half of its pictures. Half of one is none. */
export const fewerPictures = (run: RunView): RunView => {
  const { detections, ...rest } = run;
  const left = Math.floor(picturesIn(run) / 2);
  return detections && left > 0
    ? { ...rest, detections: { ...detections, images: detections.images.slice(0, left) } }
    : rest;
};
