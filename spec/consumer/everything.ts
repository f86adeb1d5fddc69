/** @file Every entrance of the package, so that its declarations are checked as a whole. */
export * as all from "rangeflow";
export * as core from "rangeflow/core";
export * as engines from "rangeflow/engines";
export * as models from "rangeflow/models";
export * as operators from "rangeflow/operators";
export * as pipelines from "rangeflow/pipelines";
export * as quantizers from "rangeflow/quantizers";
