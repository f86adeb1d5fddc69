/** @file The name of a run inside a study: readable, and the same whatever grid the run is part of. */
import { createHash } from "node:crypto";
import { defaults, optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { harmless } from "../training/prepare.ts";

/** The most bytes of a name; file systems allow 255. */
const longest = 160;

/** Settings that belong to the identity of a run: all that can change its bits, and those that a study varies. */
export const telling = (axes: readonly SettingName[]): readonly SettingName[] =>
  settingNames.filter((name) => name !== "seed" && (!harmless.includes(name) || axes.includes(name)));

const isDefault = (settings: Settings, name: SettingName): boolean =>
  JSON.stringify(settings[name]) === JSON.stringify(defaults[name]);

/**
 * What differs from the defaults, then the seed: `bits=4.4.4,data=mnist,seed=1`. Where that leaves something out, because a
 * character does not belong into a file name or the name would be too long, the beginning of a hash of all of it follows.
 */
export const runName = (settings: Settings, axes: readonly SettingName[]): string => {
  const parts = telling(axes)
    .filter((name) => !isDefault(settings, name))
    .map((name) => `${optionOf(name).slice(2)}=${settings[name]}`);
  const whole = [...parts, `seed=${settings.seed}`].join(",");
  const plain = whole.replace(/(?<==\d+)\/(\d+)\/(?=\d+)/g, ".$1.").replace(/[^\w.,=+-]+/g, "_");
  const isWhole = !plain.includes("_") && plain.length <= longest;
  if (isWhole) return plain;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  return `${plain.slice(0, longest - digest.length - 1)}-${digest}`;
};
