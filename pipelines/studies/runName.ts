/** @file The name of a run inside a study: readable, and the same whatever grid the run is part of. */
import { createHash } from "node:crypto";
import { isEmbedded } from "../data/dataNamed.ts";
import { decisive, type Identity, spelled } from "../runs/identity.ts";
import { defaults, optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";

/** The most bytes of a name; file systems allow 255. */
const longest = 160;

/** Settings that a name tells: all that can change the bits of a run, and those that a study varies. */
export const telling = (axes: readonly SettingName[]): readonly SettingName[] =>
  settingNames.filter((name) => name !== "seed" && (decisive.includes(name) || axes.includes(name)));

/** What a name is made of. */
type Named = Pick<Identity<Settings>, "settings" | "files" | "numerics"> & {
  readonly data: Pick<Identity["data"], "sha256">;
};

const isDefault = (settings: Settings, name: SettingName): boolean =>
  JSON.stringify(settings[name]) === JSON.stringify(defaults[name]);

/** Data that lie in files have their content in the name, the beginning of its hash; those that are embedded never change. */
const textOf = (identity: Named, name: SettingName): string => {
  const value = spelled(identity, name);
  return name === "data" && !isEmbedded(identity.settings.data)
    ? `${value}-${identity.data.sha256.slice(0, 8)}`
    : value;
};

/**
 * What differs from the defaults, then the seed: `data=mnist-1f2e3d4c,bits=4.4.4,seed=1`. Data and files of a user's own are there by
 * their contents, wherever they lie, so that other contents are another run; so are later versions of the numerics. Where that leaves
 * something out, because a character does not belong into a file name or the name would be too long, the beginning of a hash of all
 * of it follows.
 */
export const runName = (identity: Named, axes: readonly SettingName[]): string => {
  const { settings, numerics } = identity;
  const parts = telling(axes)
    .filter((name) => !isDefault(settings, name))
    .map((name) => `${optionOf(name).slice(2)}=${textOf(identity, name)}`);
  const version = numerics === 1 ? [] : [`numerics=${numerics}`];
  const whole = [...parts, ...version, `seed=${settings.seed}`].join(",");
  const plain = whole.replace(/(?<==\d+)\/(\d+)\/(?=\d+)/g, ".$1.").replace(/[^\w.,=+-]+/g, "_");
  const isWhole = !plain.includes("_") && plain.length <= longest;
  if (isWhole) return plain;
  const digest = createHash("sha256").update(whole).digest("hex").slice(0, 8);
  return `${plain.slice(0, longest - digest.length - 1)}-${digest}`;
};
