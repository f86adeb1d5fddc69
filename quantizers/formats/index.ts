/** @file Number formats of a few bits: elements, and scales of blocks. */
export * from "./elementFormat.ts";
export * from "./rounding.ts";
export * from "./tensorScale.ts";
