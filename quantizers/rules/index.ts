/** @file Rules: how the sites of a network are quantized, as typed values. */

export * from "./checkRules.ts";
export * from "./idleFields.ts";
export * from "./nearestSites.ts";
export * from "./overriddenRules.ts";
export * from "./resolveRules.ts";
export * from "./rule.ts";
export * from "./siteFields.ts";
export * from "./sitePattern.ts";
export * from "./values.ts";
