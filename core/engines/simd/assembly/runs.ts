/** @file How many float32 numbers are added in order before float64 takes over: `longestRun` of core/runs.ts. */
export const longestRun: i32 = 128;
