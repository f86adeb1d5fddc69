/** @file Name of a run in a study: readable, and independent of the grid that the run is part of. */
import { dataCatalogue } from "../data/dataCatalogue.ts";
import { sha256Of } from "../files/sha256.ts";
import { decisive, type Identity, runIdOf, settingsIn, short, spelled } from "../runs/identity.ts";
import { defaults, optionName, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { measuredOf } from "./cellId.ts";

/** Largest length of a name in bytes. File systems allow 255. */
const longest = 160;

/** Settings in a name: all that can change the bits of a run, and those that a study varies for what is measured. */
const telling = (axes: readonly string[]): readonly SettingName[] =>
  settingNames.filter(
    (name) => name !== "seed" && (decisive.includes(name) || measuredOf(axes).includes(name)),
  );

const isDefault = (settings: Settings, name: SettingName): boolean =>
  JSON.stringify(settings[name]) === JSON.stringify(defaults[name]);

const part = (name: string, text: string): string => `${optionName(name)}=${text}`;

/** Name parts of a built-in experiment: what differs from the defaults. Data in files appear with a hash, because files may change. */
const ofSettings = (identity: Identity, axes: readonly string[]): readonly string[] => {
  const settings = settingsIn(identity);
  const content = dataCatalogue[settings.data].isEmbedded ? "" : `-${short(identity.data.sha256)}`;
  return telling(axes)
    .filter((name) => !isDefault(settings, name))
    .map((name) => part(name, `${spelled(identity, name)}${name === "data" ? content : ""}`));
};

/** Name parts of an experiment file: the file, all of its options, the changes, and a hash of its data. */
const ofFile = (identity: Identity): readonly string[] => [
  ...Object.keys(identity.settings)
    .filter((name) => name !== "seed")
    .map((name) => part(name, spelled(identity, name))),
  part("data", short(identity.data.sha256)),
];

/** Name parts of an experiment made in code: its name, and the beginning of a hash of its description without the seed. */
const ofCode = (identity: Identity): readonly string[] => {
  const { name, seed: _, ...settings } = identity.settings;
  return [part("experiment", `${name}-${short(runIdOf({ ...identity, settings: { name, ...settings } }))}`)];
};

/** A text as a valid directory name. */
const directoryName = (whole: string): string => {
  const plain = whole.replace(/(?<==\d+)\/(\d+)\/(?=\d+)/g, ".$1.").replace(/[^\w.,=+-]+/g, "_");
  if (!plain.includes("_") && plain.length <= longest) return plain;
  const digest = short(sha256Of(whole));
  return `${plain.slice(0, longest - digest.length - 1)}-${digest}`;
};

/**
 * Name of a run. For a built-in experiment: what differs from the defaults, then the seed: `data=mnist-1f2e3d4c,bits=4.4.4,seed=1`. For
 * an experiment file: all of its options, `experiment=mine.ts-1f2e3d4c,width=0.5,data=5d6c7b8a,seed=1`. For one in code: its name and a
 * hash, `experiment=sums-1f2e3d4c,seed=1`. Data and user files appear with hashes of their contents, wherever they are, so changed
 * contents give another run; so do later versions of the numerics. If something is left out, because a character is not allowed in file
 * names or the name would be too long, the beginning of a hash of the whole name follows.
 *
 * @param axes settings that the study varies; engine and threads appear if they are among them
 */
export const runName = (identity: Identity, axes: readonly string[]): string => {
  const { from, settings, numerics } = identity;
  const parts =
    from === "settings" ? ofSettings(identity, axes) : from === "file" ? ofFile(identity) : ofCode(identity);
  const version = numerics === 1 ? [] : [`numerics=${numerics}`];
  return directoryName([...parts, ...version, `seed=${settings.seed}`].join(","));
};
