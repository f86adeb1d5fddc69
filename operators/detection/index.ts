/** @file Object detection: the output of a detector, its loss, its detections, and their evaluation. */
export * from "./boxTargetProblem.ts";
export * from "./centerHeatmap.ts";
export * from "./centerLoss.ts";
export * from "./centerOutput.ts";
export * from "./decodeCenters.ts";
export * from "./detectionMetrics.ts";
export * from "./focalLoss.ts";
export * from "./generalizedIouLoss.ts";
export * from "./matchBoxes.ts";
export * from "./meanAveragePrecision.ts";
