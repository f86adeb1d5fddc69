/** @file The name of a run inside a study: readable, and the same whatever grid the run is part of. */
import { dataCatalogue } from "../data/dataCatalogue.ts";
import { sha256Of } from "../files/sha256.ts";
import { decisive, type Identity, runIdOf, settingsIn, short, spelled } from "../runs/identity.ts";
import { defaults, optionName, type SettingName, type Settings, settingNames } from "../settings/settings.ts";

/** The most bytes of a name; file systems allow 255. */
const longest = 160;

/** Settings that a name tells: all that can change the bits of a run, and those that a study varies. */
const telling = (axes: readonly string[]): readonly SettingName[] =>
  settingNames.filter((name) => name !== "seed" && (decisive.includes(name) || axes.includes(name)));

const isDefault = (settings: Settings, name: SettingName): boolean =>
  JSON.stringify(settings[name]) === JSON.stringify(defaults[name]);

const part = (name: string, text: string): string => `${optionName(name)}=${text}`;

/** Parts of the name of a built-in experiment: what differs from the defaults. Data that lie in files have their content there, as it may change. */
const ofSettings = (identity: Identity, axes: readonly string[]): readonly string[] => {
  const settings = settingsIn(identity);
  const content = dataCatalogue[settings.data].isEmbedded ? "" : `-${short(identity.data.sha256)}`;
  return telling(axes)
    .filter((name) => !isDefault(settings, name))
    .map((name) => part(name, `${spelled(identity, name)}${name === "data" ? content : ""}`));
};

/** Parts of the name of the experiment of a file: the file, all of its options, what was changed in it, and the content of its data. */
const ofFile = (identity: Identity): readonly string[] => [
  ...Object.keys(identity.settings)
    .filter((name) => name !== "seed")
    .map((name) => part(name, spelled(identity, name))),
  part("data", short(identity.data.sha256)),
];

/** Parts of the name of an experiment that was made in code: its own name, and the beginning of a hash of all that is known of it beside the seed. */
const ofCode = (identity: Identity): readonly string[] => {
  const { name, seed: _, ...settings } = identity.settings;
  return [part("experiment", `${name}-${short(runIdOf({ ...identity, settings: { name, ...settings } }))}`)];
};

/** A text as the name of a directory. */
const directoryName = (whole: string): string => {
  const plain = whole.replace(/(?<==\d+)\/(\d+)\/(?=\d+)/g, ".$1.").replace(/[^\w.,=+-]+/g, "_");
  if (!plain.includes("_") && plain.length <= longest) return plain;
  const digest = short(sha256Of(whole));
  return `${plain.slice(0, longest - digest.length - 1)}-${digest}`;
};

/**
 * Name of a run: what differs from the defaults, then the seed: `data=mnist-1f2e3d4c,bits=4.4.4,seed=1`; of the experiment of a file all that its
 * file was asked for, `experiment=mine.ts-1f2e3d4c,width=0.5,data=5d6c7b8a,seed=1`, and of one in code its name and a hash,
 * `experiment=sums-1f2e3d4c,seed=1`. Data and files of a user's own are there by their contents, wherever they lie, so that other
 * contents are another run; so are later versions of the numerics. Where that leaves something out, because a character does not
 * belong into a file name or the name would be too long, the beginning of a hash of all of it follows.
 *
 * @param axes settings that the study varies, which are told also where they change no bit
 */
export const runName = (identity: Identity, axes: readonly string[]): string => {
  const { from, settings, numerics } = identity;
  const parts =
    from === "settings" ? ofSettings(identity, axes) : from === "file" ? ofFile(identity) : ofCode(identity);
  const version = numerics === 1 ? [] : [`numerics=${numerics}`];
  return directoryName([...parts, ...version, `seed=${settings.seed}`].join(","));
};
