/** @file Tasks: the networks, loss and score that suit a kind of data. */
import { classifiers, detectors, type ModelName, upscalers } from "../../models/models.ts";
import { centerLoss } from "../../operators/detection/centerLoss.ts";
import { decodeCenters } from "../../operators/detection/decodeCenters.ts";
import { detectionMetrics } from "../../operators/detection/detectionMetrics.ts";
import { absoluteError } from "../../operators/losses/absoluteError.ts";
import { crossEntropy } from "../../operators/losses/crossEntropy.ts";
import type { Module } from "../../operators/module/module.ts";
import type { OutputMetric } from "../../operators/taps/outputMetric.ts";
import { dataCatalogue, type TaskName } from "../data/dataCatalogue.ts";
import type { Settings } from "../settings/settings.ts";
import type { Detections, ScoreMetric } from "./experiment.ts";

/** A task: the networks for one kind of data, the loss, and the score. */
export interface Task {
  /** Name in messages. */
  readonly name: TaskName;
  readonly models: readonly ModelName[];
  readonly loss: (settings: Pick<Settings, "smoothing">) => Module;
  /** Metrics in addition to those of the loss. */
  readonly metrics: readonly OutputMetric[];
  readonly score: ScoreMetric;
  /** Decodes boxes from outputs; absent unless the task is detection. */
  readonly detections?: Detections;
}

const namesOf = <M extends object>(models: M): readonly (keyof M)[] => Object.keys(models) as (keyof M)[];

const classification: Task = {
  name: "classification",
  models: namesOf(classifiers),
  loss: ({ smoothing }) => crossEntropy({ smoothing }),
  metrics: [],
  score: { metric: "accuracy", better: "higher" },
};

const superResolution: Task = {
  name: "super-resolution",
  models: namesOf(upscalers),
  loss: () => absoluteError(),
  metrics: [],
  score: { metric: "psnr", better: "higher" },
};

const detection: Task = {
  name: "detection",
  models: namesOf(detectors),
  loss: () => centerLoss(),
  metrics: detectionMetrics,
  score: { metric: "mAP@0.5", better: "higher" },
  detections: decodeCenters,
};

const tasks: Readonly<Record<TaskName, Task>> = {
  classification,
  "super-resolution": superResolution,
  detection,
};

/** The task of a data set, by its name. */
export const taskOf = (data: Settings["data"]): Task => tasks[dataCatalogue[data].task];
