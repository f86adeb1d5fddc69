/** @file What a run is: everything that decides its bits, as one value that can be compared, saved and told. */
import { valueText } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import type { DataContent } from "../data/dataContent.ts";
import { sourcesOf, valuesOf } from "../experiments/describe.ts";
import { sha256Of } from "../files/sha256.ts";
import { defaults, optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { contentsSha256, fileNamesIn, hashedName, type UserFile, withPaths } from "../settings/userFiles.ts";
import type { FirstRanges } from "../weights/firstRanges.ts";

/**
 * Origin of a run's description: in settings of the command line, in a file that exports an experiment, or in code, of which
 * only a description is known.
 */
export type Origin = "settings" | "file" | "code";

/** Description of a run, by name. */
export type Said = Readonly<Record<string, unknown>>;

export interface Identity<S extends Said = Said> {
  readonly from: Origin;
  /** All that is said of it; what is `harmless` does not count. */
  readonly settings: S;
  readonly data: DataContent;
  /** One for each file of a user's own that settings name. */
  readonly files: readonly UserFile[];
  readonly numerics: number;
  /** First ranges that its sites were given with its first weights; they follow from the file of these, which a run that goes on does not read. */
  readonly firstRanges?: FirstRanges;
}

/** Settings that change no bit of a run, so that it may go on with others. */
export const harmless: readonly string[] = ["dataDir", "engine", "threads", "checkpointSeconds", "patience"];

/** Names of what decides the bits of a run, of settings that are all there or of others. */
const decisiveIn = (...said: readonly Said[]): readonly string[] =>
  [...new Set(said.flatMap((one) => Object.keys(one)))].filter((name) => !harmless.includes(name));

/**
 * Settings that came when there were runs already: at their defaults they are no part of a run's id, so that runs from before are the same
 * runs as now.
 */
const later: readonly SettingName[] = ["variant", "init", "initNames", "initExcept", "inputMean", "inputStd"];

const isBeforeLater = ({ from, settings }: Pick<Identity, "from" | "settings">, name: string): boolean =>
  from === "settings" &&
  later.includes(name as SettingName) &&
  String(settings[name]) === String(defaults[name as SettingName]);

/** Settings that decide the bits of a run. */
export const decisive: readonly SettingName[] = settingNames.filter((name) => !harmless.includes(name));

/** Claim of a run before its data are there. */
export type Claim<S extends Said = Said> = Pick<Identity<S>, "from" | "settings" | "files">;

export const identityOf = <S extends Said>(claim: Claim<S>, data: DataContent): Identity<S> => ({
  ...claim,
  data,
  numerics,
});

/** The settings of a run that is of a built-in experiment, which is checked where it is read. */
export const settingsIn = ({ settings }: Pick<Identity, "settings">): Settings => settings as Settings;

type Named = Pick<Identity, "settings" | "files">;

const fileOf = ({ files }: Named, name: string): UserFile | undefined =>
  files.find((file) => file.name === name);

/** The value of a setting with `say(file)` in the place of each path. */
const said = (of: Named, name: string, say: (file: UserFile) => string): unknown =>
  withPaths<unknown>(name, of.settings[name], (path) => {
    const file = fileOf(of, path);
    return file === undefined ? path : say(file);
  });

/** The value of a setting in which files are known by their contents alone. */
const meaning = (of: Named, name: string): string => JSON.stringify(said(of, name, contentsSha256)) ?? "none";

/** The value of a setting as text, in which files have names that are the same wherever they lie. */
export const spelled = (of: Named, name: string): string => String(said(of, name, hashedName));

/** A short name for runs with this very identity: the beginning of a sha256. */
export const runIdOf = (identity: Identity): string => {
  const names = decisiveIn(identity.settings).filter((name) => !isBeforeLater(identity, name));
  const settings = names.map((name) => [name, meaning(identity, name)]);
  const all = JSON.stringify({
    from: identity.from,
    settings,
    data: identity.data.sha256,
    numerics: identity.numerics,
  });
  return sha256Of(all).slice(0, 16);
};

/** One thing in which a run differs from another, for a sentence. */
export interface Difference {
  readonly found: string;
  readonly expected: string;
  /** Advice beside starting another run. */
  readonly hint: string;
  /** True of what follows from what functions and numbers there are, and need not be said where one of those differs. */
  readonly follows?: boolean;
}

/**
 * Whether a setting follows from others: parameters from layers, normalization from images, values from functions; and the text of a function
 * that only one of both has, from whatever takes that function.
 */
const followsFrom = (name: string, ...both: readonly Claim[]): boolean =>
  name === "network" ||
  name === "normalization" ||
  name.startsWith(valuesOf) ||
  (name.startsWith(sourcesOf) && both.some(({ settings }) => settings[name] === undefined));

/** Differences without those that follow from others. */
const unfollowed = (differences: readonly Difference[]): readonly Difference[] => {
  const others = differences.filter(({ follows }) => !follows);
  return others.length > 0 ? others : differences;
};

/** A sha256 as sentences say it. */
export const short = (sha256: string): string => sha256.slice(0, 8);

/** Which files that it imports make another one of a file, for a sentence; nothing if it is the file itself. */
export const changedIn = (now: UserFile, before: UserFile): string => {
  const names = new Set([...Object.keys(before.contents), ...Object.keys(now.contents)]);
  const changed = [...names].filter((name) => now.contents[name] !== before.contents[name]);
  const imported = changed.filter((name) => name !== ".");
  return imported.length > 0 ? `, by ${imported.join(", ")}` : "";
};

/** Files that two values name in the same places, and that differ. */
const changedFiles = (now: Named, before: Named, name: string): readonly Difference[] => {
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
            hint: "restore the file",
          },
        ];
  });
};

/** Why a setting makes another run although it may not seem so. */
const reasonOf = (name: string, { from, settings: { schedule } }: Claim): string => {
  if (name !== "epochs" || from !== "settings") return "";
  return schedule === "constant"
    ? " (another run, although it begins with the same steps)"
    : ` (--schedule ${schedule} takes the rate of every step from it)`;
};

/** The value of a setting, for a sentence. */
const spokenOf = ({ settings }: Named, name: string): string => {
  const value = settings[name];
  const isList = Array.isArray(value) && value.every((one) => typeof one !== "object");
  return (typeof value !== "object" || isList ? String(value ?? "") : valueText(value)) || "none";
};

/** What a setting was, for a sentence; what is not changed in the experiment of a file is as the file has it. */
const expectedOf = (before: Claim, name: string): string =>
  before.from === "file" && before.settings[name] === undefined
    ? `the ${name} that ${before.settings.experiment} has itself`
    : spokenOf(before, name);

/** The first line in which two lists differ, for a sentence; all of other values. */
const spokenLines = (now: Claim, before: Claim, name: string): readonly [found: string, expected: string] => {
  const [mine, theirs] = [now.settings[name], before.settings[name]];
  if (name !== "layers" || !Array.isArray(mine) || !Array.isArray(theirs))
    return [spokenOf(now, name), expectedOf(before, name)];
  const at = mine.findIndex((line, i) => line !== theirs[i]);
  const first = at < 0 ? mine.length : at;
  const lineOf = (lines: readonly unknown[]): string => String(lines[first] ?? "no more").trim();
  return [`${first + 1}: ${lineOf(mine)}`, lineOf(theirs)];
};

const ofSettings = (now: Claim, before: Claim): readonly Difference[] =>
  decisiveIn(before.settings, now.settings)
    .filter((name) => meaning(now, name) !== meaning(before, name))
    .flatMap((name): readonly Difference[] => {
      const plain = (of: Named): string => JSON.stringify(said(of, name, () => ".//"));
      if (plain(now) === plain(before)) return changedFiles(now, before, name);
      const [found, expected] = spokenLines(now, before, name);
      return [
        {
          found: `${now.from === "code" ? name : optionOf(name)} ${found}${reasonOf(name, now)}`,
          expected,
          follows: followsFrom(name, now, before),
          hint: now.from === "code" ? "give it as it was" : "leave it out",
        },
      ];
    });

const images = ({ train, test, sha256 }: DataContent): string =>
  `${train} training and ${test} test samples of sha256 ${short(sha256)}`;

const ofData = (now: Identity, before: Identity): readonly Difference[] =>
  now.data.sha256 === before.data.sha256
    ? []
    : [
        {
          found: `${now.from === "settings" ? `--data ${now.settings.data}` : "data"} with ${images(now.data)}`,
          expected: images(before.data),
          hint: "restore the data",
        },
      ];

const originText: Readonly<Record<Origin, string>> = {
  settings: "a built-in experiment",
  file: "an experiment from a file",
  code: "an experiment from code",
};

const hintFor: Readonly<Record<Origin, string>> = {
  settings: "name no file",
  file: "name the file again",
  code: "give the experiment again, to train() or evaluate() in code",
};

/** Difference of where experiments come from. */
export const originDifferences = (now: Origin, before: Origin): readonly Difference[] =>
  now === before
    ? []
    : [
        {
          found: originText[now],
          expected: originText[before],
          hint: hintFor[before],
        },
      ];

/** Differences of claims: where experiments come from, settings, and contents of files. */
export const claimDifferences = (now: Claim, before: Claim): readonly Difference[] =>
  unfollowed([...originDifferences(now.from, before.from), ...ofSettings(now, before)]);

type Numerics = Pick<Identity, "numerics">;

/** Whether the numerics are others. */
export const numericsDifferences = (now: Numerics, before: Numerics): readonly Difference[] =>
  now.numerics === before.numerics
    ? []
    : [
        {
          found: `version ${now.numerics} of the numerics`,
          expected: `version ${before.numerics}`,
          hint: "use the version of rangeflow that started the run",
        },
      ];

/** Differences of a run from one before; none if both have the same bits. */
export const differences = (now: Identity, before: Identity): readonly Difference[] =>
  unfollowed([...claimDifferences(now, before), ...ofData(now, before), ...numericsDifferences(now, before)]);
