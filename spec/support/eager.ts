/** @file Threads that are woken for anything, however small. */
import type { Threads } from "../../core/threads.ts";
import { threads } from "../../pipelines/runs/threads.ts";

/** So many threads, at least two. */
export const eager = async (wanted: number): Promise<Threads> => ({
  ...((await threads(wanted)) as Threads),
  grain: 0,
});
