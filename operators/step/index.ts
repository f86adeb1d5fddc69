/** @file What happens within a step: ops and the modules made of them, who owns their tensors, and tasks, which may have to wait. */
export * from "./context.ts";
export * from "./fork.ts";
export * from "./layerScope.ts";
export * from "./op.ts";
export * from "./tape.ts";
export * from "./task.ts";
