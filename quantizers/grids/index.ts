/** @file Grids: levels that integer products take for operands. */
export * from "./niti.ts";
export * from "./uniform.ts";
export * from "./wageubn.ts";
