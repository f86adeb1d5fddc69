/** @file Test images with their true boxes and the boxes that a network has found, as a detection run saves them for viewers. */
import type { LabelledBox } from "../../core/boxTarget.ts";
import type { Detection } from "../../operators/detection/decodeCenters.ts";

/** A picture: bytes [height, width, channels] in base64, with 1 channel (grey) or 3 (RGB). */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly bytes: string;
}

/** A test image with boxes in its own pixels. The picture may have fewer pixels. */
export interface DetectedPicture {
  readonly height: number;
  readonly width: number;
  readonly picture: Picture;
  readonly truth: readonly LabelledBox[];
  /** Detections, highest score first. */
  readonly found: readonly Detection[];
}

/** The first test images of a run, with the boxes found in the evaluation at the end of an epoch. */
export interface DetectedPictures {
  /** Number of finished epochs. */
  readonly epoch: number;
  /** Number of finished training steps. */
  readonly step: number;
  readonly classes: readonly string[];
  readonly images: readonly DetectedPicture[];
}

/** Largest number of test images kept. */
export const mostPictures = 8;

/** Largest number of boxes kept per image, and the least score of a kept box. */
export const mostFound = 30;
export const leastScore = 0.05;
