/** @file What a run is: everything that decides its bits, as one value that can be compared, saved and told. */
import { createHash } from "node:crypto";
import { numerics } from "../../core/numerics.ts";
import type { DataContent } from "../data/dataContent.ts";
import type { GivenEstimators } from "../settings/flatRules.ts";
import { optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { contentsSha256, fileNamesIn, hashedName, type UserFile, withPaths } from "../settings/userFiles.ts";

/** Names of estimators that were given as values, in code, by what they are for. */
export type GivenNames = { readonly [Part in keyof GivenEstimators]: string };

export interface Identity {
  /** All settings; those that are `harmless` do not count. */
  readonly settings: Settings;
  readonly data: DataContent;
  /** One for each file of a user's own that settings name. */
  readonly files: readonly UserFile[];
  readonly given: GivenNames;
  readonly numerics: number;
}

/** Settings that change no bit of a run, so that it may go on with others. */
export const harmless: readonly SettingName[] = [
  "dataDir",
  "engine",
  "threads",
  "checkpointSeconds",
  "patience",
];

/** Settings that decide the bits of a run. */
export const decisive: readonly SettingName[] = settingNames.filter((name) => !harmless.includes(name));

export const givenNames = (estimators: GivenEstimators = {}): GivenNames =>
  Object.fromEntries(Object.entries(estimators).map(([part, { name }]) => [part, name]));

/** Settings without the names of values given in code, which are names of nothing else, whatever they look like. */
export const withoutGiven = (settings: Settings, given: GivenNames): Settings => ({
  ...settings,
  ...Object.fromEntries(Object.keys(given).map((part) => [`${part}Range`, ""])),
});

/** What is known of a run before its data are there. */
export type Claim = Pick<Identity, "settings" | "files" | "given">;

export const identityOf = (claim: Claim, data: DataContent): Identity => ({ ...claim, data, numerics });

type Named = Pick<Identity, "settings" | "files">;

const fileOf = ({ files }: Named, name: string): UserFile | undefined =>
  files.find((file) => file.name === name);

/** The value of a setting with `say(file)` in the place of each path. */
const said = (of: Named, name: SettingName, say: (file: UserFile) => string): unknown =>
  withPaths<unknown>(name, of.settings[name], (path) => {
    const file = fileOf(of, path);
    return file === undefined ? path : say(file);
  });

/** The value of a setting in which files are known by their contents alone. */
const meaning = (of: Named, name: SettingName): string => JSON.stringify(said(of, name, contentsSha256));

/** The value of a setting as text, in which files have names that are the same wherever they lie. */
export const spelled = (of: Named, name: SettingName): string => String(said(of, name, hashedName));

/** A short name for runs with this very identity: the beginning of a sha256. */
export const runIdOf = (identity: Identity): string => {
  const { data, given } = identity;
  const settings = decisive.map((name) => [name, meaning(identity, name)]);
  const all = JSON.stringify({ settings, data: data.sha256, given, numerics: identity.numerics });
  return createHash("sha256").update(all).digest("hex").slice(0, 16);
};

/** One thing in which a run differs from another, for a sentence. */
export interface Difference {
  readonly found: string;
  readonly expected: string;
  /** What to do about it, beside starting another run. */
  readonly hint: string;
}

const short = (sha256: string): string => sha256.slice(0, 8);

const changedIn = (now: UserFile, before: UserFile): string => {
  const names = new Set([...Object.keys(before.contents), ...Object.keys(now.contents)]);
  const changed = [...names].filter((name) => now.contents[name] !== before.contents[name]);
  const imported = changed.filter((name) => name !== ".");
  return imported.length > 0 ? `, by ${imported.join(", ")}` : "";
};

/** Files that two values name in the same places, and that differ. */
const changedFiles = (now: Named, before: Named, name: SettingName): readonly Difference[] => {
  const [mine, theirs] = [now, before].map(({ settings }) => fileNamesIn({ [name]: settings[name] }));
  return (mine ?? []).flatMap((path, i): readonly Difference[] => {
    const [file, saved] = [fileOf(now, path), fileOf(before, theirs?.[i] ?? "")];
    if (file === undefined || saved === undefined) return [];
    const [is, was] = [contentsSha256(file), contentsSha256(saved)];
    return is === was
      ? []
      : [
          {
            found: `${optionOf(name)} ${file.name} of sha256 ${short(is)}${changedIn(file, saved)}`,
            expected: `sha256 ${short(was)}`,
            hint: "bring back the file as it was",
          },
        ];
  });
};

/** Why a setting makes another run although it may not seem so. */
const reasonOf = (name: SettingName, { schedule }: Settings): string => {
  if (name !== "epochs") return "";
  return schedule === "constant"
    ? " (another run, although it begins with the same steps)"
    : ` (--schedule ${schedule} takes the rate of every step from it)`;
};

/** The value of a setting, for a sentence. */
const spokenOf = ({ settings }: Named, name: SettingName): string => String(settings[name]) || "none";

const ofSettings = (now: Named, before: Named): readonly Difference[] =>
  decisive
    .filter((name) => meaning(now, name) !== meaning(before, name))
    .flatMap((name): readonly Difference[] => {
      const plain = (of: Named): string => JSON.stringify(said(of, name, () => ".//"));
      if (plain(now) === plain(before)) return changedFiles(now, before, name);
      return [
        {
          found: `${optionOf(name)} ${spokenOf(now, name)}${reasonOf(name, now.settings)}`,
          expected: spokenOf(before, name),
          hint: "leave it out",
        },
      ];
    });

const images = ({ train, test, sha256 }: DataContent): string =>
  `${train} training and ${test} test images of sha256 ${short(sha256)}`;

const ofData = (now: Identity, before: Identity): readonly Difference[] =>
  now.data.sha256 === before.data.sha256
    ? []
    : [
        {
          found: `--data ${now.settings.data} with ${images(now.data)}`,
          expected: images(before.data),
          hint: "bring back the data as they were",
        },
      ];

/** In what the names of values given in code differ. */
export const givenDifferences = (now: GivenNames, before: GivenNames): readonly Difference[] => {
  const parts = [...new Set([...Object.keys(before), ...Object.keys(now)])] as (keyof GivenNames)[];
  const text = (name?: string): string => (name === undefined ? "none" : `"${name}"`);
  return parts
    .filter((part) => now[part] !== before[part])
    .map((part) => ({
      found: `${text(now[part])} as the estimator of ${part} that is given in code`,
      expected: text(before[part]),
      hint:
        before[part] === undefined
          ? "leave it out"
          : `give it again: { estimators: { ${part}: { name: "${before[part]}", estimator } } }`,
    }));
};

/** In what claims differ: settings, contents of files, names of values given in code. */
export const claimDifferences = (now: Claim, before: Claim): readonly Difference[] => [
  ...ofSettings(now, before),
  ...givenDifferences(now.given, before.given),
];

type Numerics = Pick<Identity, "numerics">;

/** Whether the numerics are others. */
export const numericsDifferences = (now: Numerics, before: Numerics): readonly Difference[] =>
  now.numerics === before.numerics
    ? []
    : [
        {
          found: `version ${now.numerics} of the numerics`,
          expected: `version ${before.numerics}`,
          hint: "take the version of rangeflow that the run began with",
        },
      ];

/** In what a run differs from one before; nothing if both have the same bits. */
export const differences = (now: Identity, before: Identity): readonly Difference[] => [
  ...claimDifferences(now, before),
  ...ofData(now, before),
  ...numericsDifferences(now, before),
];
