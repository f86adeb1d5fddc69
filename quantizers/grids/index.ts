/** @file Grids: levels that integer products can use. */
export * from "./niti.ts";
export * from "./uniform.ts";
export * from "./wageubn.ts";
