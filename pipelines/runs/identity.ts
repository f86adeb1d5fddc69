/** @file Identity of a run: everything that decides its bits, as one value that can be compared, saved and printed. */
import { valueText } from "../../core/errors.ts";
import { numerics } from "../../core/numerics.ts";
import { own } from "../../core/own.ts";
import type { DataContent } from "../data/dataContent.ts";
import { sourcesOf, valuesOf } from "../experiments/describe.ts";
import { sha256Of } from "../files/sha256.ts";
import { defaults, optionOf, type SettingName, type Settings, settingNames } from "../settings/settings.ts";
import { contentsSha256, fileNamesIn, hashedName, type UserFile, withPaths } from "../settings/userFiles.ts";
import type { FirstRanges } from "../weights/firstRanges.ts";
import { wayBack } from "./keptCopies.ts";

/** Origin of an experiment: settings of the command line, a file that exports it, or code, of which only a description is known. */
export type Origin = "settings" | "file" | "code";

/** Description of a run, by name. */
export type Said = Readonly<Record<string, unknown>>;

/** Identity of a run: everything that decides its bits. Two runs with equal identities give equal bits. */
export interface Identity<S extends Said = Said> {
  /** Origin of the experiment. */
  readonly from: Origin;
  /** Everything that describes the experiment. Entries that change no bit, such as the engine, do not count. */
  readonly settings: S;
  /** Hash and sizes of the data. */
  readonly data: DataContent;
  /** User files that the settings name, one entry each. */
  readonly files: readonly UserFile[];
  /** Version of the numerics, which is raised whenever results change. */
  readonly numerics: number;
  /** Initial ranges that came with the initial weights. They follow from the weights file, which a resumed run does not read again. */
  readonly firstRanges?: FirstRanges;
}

/** Settings that change no bit of a run. A resumed run may change them. */
export const harmless: readonly string[] = ["dataDir", "engine", "threads", "checkpointSeconds", "patience"];

/** Names of the entries that decide the bits of runs. */
const decisiveIn = (...said: readonly Said[]): readonly string[] =>
  [...new Set(said.flatMap((one) => Object.keys(one)))].filter((name) => !harmless.includes(name));

/** Settings that were introduced later. At their defaults they are not part of a run's id, so that older runs keep their ids. */
const later: readonly SettingName[] = [
  ...(["variant", "init", "initNames", "initExcept", "inputMean", "inputStd"] as const),
  "maxGradientNorm",
];

const isBeforeLater = ({ from, settings }: Pick<Identity, "from" | "settings">, name: string): boolean =>
  from === "settings" &&
  later.includes(name as SettingName) &&
  String(settings[name]) === String(defaults[name as SettingName]);

/** Settings that decide the bits of a run. */
export const decisive: readonly SettingName[] = settingNames.filter((name) => !harmless.includes(name));

/** Claim of a run before its data are read. */
export type Claim<S extends Said = Said> = Pick<Identity<S>, "from" | "settings" | "files">;

export const identityOf = <S extends Said>(claim: Claim<S>, data: DataContent): Identity<S> => ({
  ...claim,
  data,
  numerics,
});

/** Settings of a run of a built-in experiment. They were checked when they were read. */
export const settingsIn = ({ settings }: Pick<Identity, "settings">): Settings => settings as Settings;

type Named = Pick<Identity, "settings" | "files">;

const fileOf = ({ files }: Named, name: string): UserFile | undefined =>
  files.find((file) => file.name === name);

/** Value of a setting in which `say(file)` replaces each path. */
const said = (of: Named, name: string, say: (file: UserFile) => string): unknown =>
  withPaths<unknown>(name, own(of.settings, name), (path) => {
    const file = fileOf(of, path);
    return file === undefined ? path : say(file);
  });

/** Value of a setting in which files are identified by their contents alone. */
const meaning = (of: Named, name: string): string => JSON.stringify(said(of, name, contentsSha256)) ?? "none";

/** Value of a setting as text, with file names that do not depend on directories. */
export const spelled = (of: Named, name: string): string => String(said(of, name, hashedName));

/** Id of all runs with this identity: the first 16 hexadecimal digits of a SHA-256. */
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

/** One difference between two runs, for a message. */
export interface Difference {
  readonly found: string;
  readonly expected: string;
  /** Advice in addition to starting another run. */
  readonly hint: string;
  /** True if the difference follows from differing functions or counts, so that it is not reported next to one of those. */
  readonly follows?: boolean;
}

/**
 * Whether a difference follows from another one: parameters from layers, normalization from images, values from functions, and the text
 * of a function that only one run has from the entry that uses it.
 */
const followsFrom = (name: string, ...both: readonly Claim[]): boolean =>
  // An option of a file may have one of these names.
  both.every(({ from }) => from === "code") &&
  (name === "network" ||
    name === "normalization" ||
    name.startsWith(valuesOf) ||
    (name.startsWith(sourcesOf) && both.some(({ settings }) => settings[name] === undefined)));

/** Differences without those that follow from others. */
const unfollowed = (differences: readonly Difference[]): readonly Difference[] => {
  const others = differences.filter(({ follows }) => !follows);
  return others.length > 0 ? others : differences;
};

/** A SHA-256 as messages show it. */
export const short = (sha256: string): string => sha256.slice(0, 8);

/** Text about which imported files make a file differ; empty if the file itself differs. */
export const changedIn = (now: UserFile, before: UserFile): string => {
  const names = new Set([...Object.keys(before.contents), ...Object.keys(now.contents)]);
  const changed = [...names].filter((name) => now.contents[name] !== before.contents[name]);
  const imported = changed.filter((name) => name !== ".");
  return imported.length > 0 ? `, by ${imported.join(", ")}` : "";
};

/** Files that two values name in the same places and whose contents differ. */
const changedFiles = (now: Named, before: Named, name: string): readonly Difference[] => {
  const [mine, theirs] = [now, before].map(({ settings }) => fileNamesIn({ [name]: own(settings, name) }));
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
            hint: wayBack(saved, file, "restore the file"),
          },
        ];
  });
};

/** Why a setting makes another run although it may not seem to. */
const reasonOf = (name: string, { from, settings: { schedule } }: Claim): string => {
  if (name !== "epochs" || from !== "settings") return "";
  return schedule === "constant"
    ? " (another run, although it begins with the same steps)"
    : ` (--schedule ${schedule} takes the rate of every step from it)`;
};

/** Value of a setting, for a message. */
const spokenOf = ({ settings }: Named, name: string): string => {
  const value = own(settings, name);
  const isList = Array.isArray(value) && value.every((one) => typeof one !== "object");
  return (typeof value !== "object" || isList ? String(value ?? "") : valueText(value)) || "none";
};

/** Earlier value of a setting, for a message. Unchanged settings of an experiment file are those of the file. */
const expectedOf = (before: Claim, name: string): string =>
  before.from === "file" && own(before.settings, name) === undefined
    ? `the ${name} that ${before.settings.experiment} has itself`
    : spokenOf(before, name);

/** For a message: the first line in which two lists differ, or whole values of other kinds. */
const spokenLines = (now: Claim, before: Claim, name: string): readonly [found: string, expected: string] => {
  const [mine, theirs] = [own(now.settings, name), own(before.settings, name)];
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
  code: "name the file whose default export it is, or give it to the function of the same name in code",
};

/** Difference in origin. */
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

/** Differences of claims: origin, settings, and contents of files. */
export const claimDifferences = (now: Claim, before: Claim): readonly Difference[] =>
  unfollowed([...originDifferences(now.from, before.from), ...ofSettings(now, before)]);

type Numerics = Pick<Identity, "numerics">;

/** Difference in the version of the numerics. */
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

/** Differences between two runs; none if both have the same bits. */
export const differences = (now: Identity, before: Identity): readonly Difference[] =>
  unfollowed([...claimDifferences(now, before), ...ofData(now, before), ...numericsDifferences(now, before)]);
