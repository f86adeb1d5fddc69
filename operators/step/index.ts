/** @file Inside a step: ops and modules made from them, the ownership of tensors, and tasks, which may have to wait. */
export * from "./context.ts";
export * from "./fork.ts";
export * from "./layerScope.ts";
export * from "./op.ts";
export * from "./tape.ts";
export * from "./task.ts";
