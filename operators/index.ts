/** @file Contents of `operators`, by theme. */

export * from "./detection/index.ts";
export * from "./layers/index.ts";
export * from "./losses/index.ts";
export * from "./module/index.ts";
export * from "./sites/index.ts";
export * from "./step/index.ts";
export * from "./taps/index.ts";
export * from "./training/index.ts";
