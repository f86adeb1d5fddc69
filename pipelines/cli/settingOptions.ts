/** @file The settings of a run as options of the command line. */
import { optionOf, type SettingName, type Settings, settingsTable } from "../settings/settings.ts";
import type { Arguments, Option } from "./args.ts";

const kindOf = (name: SettingName): Option["kind"] => {
  const { fallback } = settingsTable[name];
  return typeof fallback === "boolean" ? "flag" : Array.isArray(fallback) ? "many" : "text";
};

/** How the help writes the values of some settings; numbers are N, all others NAME. */
const valueNames: Partial<Readonly<Record<SettingName, string>>> = {
  dataDir: "DIR",
  bits: "W/A/G",
  weightRange: "E",
  activationRange: "E",
  gradientRange: "E",
  weightGradientBits: "N",
  weightGradientRange: "E",
  weightGradientQuantizer: "Q",
  firstBits: "W/A/G",
  lastBits: "W/A/G",
  weightQuantizer: "Q",
  activationQuantizer: "Q",
  gradientQuantizer: "Q",
  bitsAt: "GLOB=BITS",
  rangeAt: "GLOB=E",
  quantizerAt: "GLOB=Q",
  threads: "N|auto",
};

const settingOption = (name: SettingName): Option => {
  const { fallback, help, codec } = settingsTable[name];
  const shown = String(fallback);
  const isTelling = shown !== "" && fallback !== 2 ** 31;
  return {
    name: optionOf(name).slice(2),
    kind: kindOf(name),
    help: isTelling ? `${help} [${shown}]` : help,
    value: valueNames[name] ?? (/number|integer/.test(codec.name) ? "N" : "NAME"),
  };
};

/** The options for some settings, each with its help and default. */
export const settingOptions = (names: readonly SettingName[]): readonly Option[] => names.map(settingOption);

/** What arguments say about some settings, as it stands there: decoding it is for those who use it. */
export const givenSettings = (
  names: readonly SettingName[],
  { texts, flags, lists }: Pick<Arguments, "texts" | "flags" | "lists">,
): Partial<Settings> => {
  const given: Readonly<Record<string, unknown>> = { ...texts, ...flags, ...lists };
  return Object.fromEntries(
    names
      .map((name) => [name, given[optionOf(name).slice(2)]] as const)
      .filter(([, value]) => value !== undefined),
  );
};
