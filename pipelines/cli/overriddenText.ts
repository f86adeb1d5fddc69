/** @file Text on rules of an experiment for some sites that a setting for all sites overrides. */
import { counted } from "../../core/inWords.ts";
import type { OverriddenRule } from "../../quantizers/rules/overriddenRules.ts";
import { someOf } from "./someOf.ts";

/** A line on each overridden rule: `--bits 4/4/4 overrides quantization[1].weight.bits 32 at 1 site: conv1/weight`. */
export const overriddenLines = (overridden: readonly OverriddenRule[] = []): readonly string[] =>
  overridden.map(
    ({ rule, by, sites }) => `${by} overrides ${rule} at ${counted(sites.length, "site")}: ${someOf(sites)}`,
  );
