/** @file The whole package: what each folder offers, in one place. */
export * from "../core/engines/index.ts";
export * from "../core/index.ts";
export * from "../models/index.ts";
export * from "../operators/index.ts";
export type { Task } from "../operators/step/task.ts";
export * from "../quantizers/index.ts";
export * from "./index.ts";
