/** @file Training: optimizers as folds over steps, their schedules and trials. */
export * from "./adam.ts";
export * from "./adamMoments.ts";
export * from "./adamRule.ts";
export * from "./adamW.ts";
export * from "./blaq.ts";
export * from "./checkGradients.ts";
export * from "./clipGradientNorm.ts";
export * from "./dclrs.ts";
export * from "./direct.ts";
export * from "./lossesAfter.ts";
export * from "./niti.ts";
export * from "./optimizer.ts";
export * from "./optimizers.ts";
export * from "./schedule.ts";
export * from "./sgd.ts";
export * from "./trials.ts";
export * from "./updateRule.ts";
