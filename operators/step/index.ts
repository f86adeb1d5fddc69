/** @file What happens within a step: tasks, which may have to wait. */
export * from "./task.ts";
