/** @file The bits of sites before rules for single ones: by what is quantized there, and others at both ends of a network. */
import type { Role } from "../../core/signal.ts";
import type { SettingName, Settings } from "./settings.ts";

/** What settings tell apart: the roles, and the copy of a gradient that weights get. */
export type Part = Role | "weightGradient";

/** Paths of the first and the last convolution (or dense layer) of a network. */
export interface Ends {
  readonly first: string;
  readonly last: string;
}

/** Bits, and the setting that says so. */
export interface ToldBits {
  readonly bits: number;
  readonly setting: SettingName;
}

const partsIn: readonly Part[] = ["weight", "activation", "gradient"];

/** What a setting such as `8/8/4` says of a part; a second copy of a gradient has the bits of the first. */
const told = (setting: SettingName, triple: string, part: Part): ToldBits => {
  const bits = triple.split("/")[partsIn.indexOf(part === "weightGradient" ? "gradient" : part)];
  return { bits: Number(bits), setting };
};

/**
 * The bits of a part at a site.
 *
 * @param ends asked for by the first site, where settings give the first or the last layer bits of its own
 */
export const bitsOf = (settings: Settings, ends: () => Ends): ((site: string, part: Part) => ToldBits) => {
  const { bits, weightGradientBits, firstBits, lastBits } = settings;
  const usual = (part: Part): ToldBits =>
    part === "weightGradient" && weightGradientBits !== "same"
      ? { bits: weightGradientBits, setting: "weightGradientBits" }
      : told("bits", bits, part);
  if (firstBits === "same" && lastBits === "same") return (_site, part) => usual(part);
  let found: Ends | undefined;
  const isOf = (path: string, site: string): boolean => site.startsWith(`${path}/`);
  return (site, part) => {
    found ??= ends();
    if (lastBits !== "same" && isOf(found.last, site)) return told("lastBits", lastBits, part);
    if (firstBits !== "same" && isOf(found.first, site)) return told("firstBits", firstBits, part);
    return usual(part);
  };
};
