/** @file Number of float32 numbers that are added in order before float64 takes over: `longestRun` of core/runs.ts. */
export const longestRun: i32 = 128;
