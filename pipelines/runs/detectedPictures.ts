/** @file Test images with the boxes that are on them and those that a network has found: what a run of detection leaves to look at. */
import type { LabelledBox } from "../../core/boxTarget.ts";
import type { Detection } from "../../operators/detection/decodeCenters.ts";

/** A picture of an image for the eye: bytes [height, width, channels], of 1 channel for grey and 3 for red, green and blue, in base64. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly bytes: string;
}

/** A test image, with boxes in its own pixels, of which the picture may have fewer. */
export interface DetectedPicture {
  readonly height: number;
  readonly width: number;
  readonly picture: Picture;
  readonly truth: readonly LabelledBox[];
  /** The surest first. */
  readonly found: readonly Detection[];
}

/** The first test images of a run, and what it had found on them in the evaluation at the end of an epoch. */
export interface DetectedPictures {
  /** Epochs that were done. */
  readonly epoch: number;
  /** Training steps that were done. */
  readonly step: number;
  readonly classes: readonly string[];
  readonly images: readonly DetectedPicture[];
}

/** Test images that are kept, at most. */
export const mostPictures = 8;

/** Boxes of an image that are kept, at most, and the least score of one. */
export const mostFound = 30;
export const leastScore = 0.05;
