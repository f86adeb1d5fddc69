/** @file Taps: metrics, recording and replay. */
export * from "./at.ts";
export * from "./epochMetric.ts";
export * from "./histograms.ts";
export * from "./locateOverflow.ts";
export * from "./metricCall.ts";
export * from "./metrics.ts";
export * from "./outputMetric.ts";
export * from "./record.ts";
export * from "./replay.ts";
export * from "./snapshot.ts";
export * from "./sqnr.ts";
export * from "./summarizer.ts";
