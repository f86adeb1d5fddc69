/** @file Value of a setting in a cell of a study, as tables show it. */
import { namedIn } from "../../core/entry.ts";
import { own } from "../../core/own.ts";
import type { Role } from "../../core/signal.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { followedBy } from "../../quantizers/quantizerEntry.ts";
import { bitsIn } from "../settings/bitsTriple.ts";
import type { SettingName } from "../settings/settings.ts";
import type { Cell } from "../studies/grid.ts";
import type { InForce } from "./inForce.ts";

type TextOf = (name: SettingName) => string;

/** Range settings: the role of each, and the setting of its quantizer. */
const ranged: ReadonlyMap<string, readonly [role: Role, quantizer: SettingName]> = new Map([
  ["weightRange", ["weight", "weightQuantizer"]],
  ["activationRange", ["activation", "activationQuantizer"]],
  ["gradientRange", ["gradient", "gradientQuantizer"]],
]);

/** Whether a quantizer uses the estimator of a role, at some sites at least. A built-in one is taken with its default options. */
const asksEstimator = (textOf: TextOf, quantizer: string, role: Role): boolean => {
  if (textOf("quantizerAt") !== "") return true;
  const entry = quantizerCatalogue.find(({ name }) => name === namedIn(quantizer).name);
  const follows = entry && followedBy(entry, role);
  return follows !== "tensor" && follows !== "learned";
};

/** Whether some bits of a role are not 32. */
const isQuantized = (textOf: TextOf, role: Role, names: readonly SettingName[]): boolean => {
  const isFloat = (bits: string): boolean => bits === "same" || bitsIn(bits)?.[role] === 32;
  return textOf("bitsAt") !== "" || !names.every((name) => isFloat(textOf(name)));
};

/** Whether a second copy of gradients exists, is quantized somewhere, and takes its ranges from the estimator of all gradients. */
const isUsedByCopy = (textOf: TextOf): boolean => {
  const [bits, range, quantizer] = [
    textOf("weightGradientBits"),
    textOf("weightGradientRange"),
    textOf("weightGradientQuantizer"),
  ];
  if (range !== "same" || (bits === "same" && quantizer === "same")) return false;
  const ends = ["firstBits", "lastBits"] as const;
  const hasCodes =
    (bits !== "same" && bits !== "32") ||
    isQuantized(textOf, "gradient", bits === "same" ? ["bits", ...ends] : ends);
  return (
    hasCodes &&
    asksEstimator(textOf, quantizer === "same" ? textOf("gradientQuantizer") : quantizer, "gradient")
  );
};

/** Whether a tensor of some site gets its range from a range setting; true for any other setting. */
const isUsed = (textOf: TextOf, name: string): boolean => {
  const ofRole = ranged.get(name);
  if (ofRole === undefined) return true;
  const [role, quantizer] = ofRole;
  return (
    (isQuantized(textOf, role, ["bits", "firstBits", "lastBits"]) &&
      asksEstimator(textOf, textOf(quantizer), role)) ||
    (role === "gradient" && isUsedByCopy(textOf))
  );
};

/**
 * Value of a setting or option in a cell, stated or in force. A dash for ranges that no tensor gets from there: of a role that is float32
 * everywhere, or whose quantizer uses ranges of its own.
 */
export const settingText = (inForce: InForce, cell: Cell, name: string): string => {
  if (inForce === undefined) return String(own(cell, name) ?? "default") || "-";
  const settings = inForce(cell);
  const textOf = (of: string): string => String(own(cell, of) ?? own(settings, of) ?? "unknown");
  return (isUsed(textOf, name) && textOf(name)) || "-";
};
