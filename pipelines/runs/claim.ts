/** @file What a run claims to be before its data are there: a new one by what is wanted, one that goes on by what it was. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import { decodeSettings, type SettingName, type Settings } from "../settings/settings.ts";
import {
  contentsSha256,
  fileNamesIn,
  filesNamedIn,
  isDataFile,
  type UserFile,
  userFile,
} from "../settings/userFiles.ts";
import {
  type Claim,
  changedIn,
  claimDifferences,
  type Difference,
  harmless,
  type Identity,
  originDifferences,
  short,
} from "./identity.ts";

type Wanted = Readonly<Record<string, unknown>>;

/** Refuses one thing: that a run goes on, or is judged, as another one. */
export const refuse = (where: string, differences: readonly Difference[]): void => {
  if (differences.length === 0) return;
  const joined = (part: keyof Difference): string =>
    [...new Set(differences.map((difference) => difference[part]))].join(", ");
  throw new RangeflowFailure(
    problem(
      where,
      joined("found"),
      `${joined("expected")} as in the saved run`,
      `${joined("hint")}, or start a new run in another --out`,
    ),
  );
};

/**
 * A new run.
 *
 * @throws `RangeflowFailure` of everything that is wrong with its settings
 */
export const newClaim = async (wanted: Wanted): Promise<Claim<Settings>> => {
  const settings = await settingsInForce(wanted);
  return { from: "settings", settings, files: filesNamedIn(settings) };
};

/** Settings of a saved run with what is wanted now over them. */
export const mergedSettings = (wanted: Wanted, { settings }: Pick<Identity, "settings">): Settings =>
  getOrThrow(decodeSettings({ ...settings, ...wanted }));

/** The files that are named now, relative to the working directory. */
export const namedNow = (where: string, wanted: Wanted): readonly UserFile[] => {
  const files = filesNamedIn(wanted);
  const missing = fileNamesIn(wanted).filter((name) => !files.some((file) => file.name === name));
  if (missing.length === 0) return files;
  throw new RangeflowFailure(
    ...missing.map((name) => problem(where, `no file ${name}`, "a file", "check the path")),
  );
};

/**
 * Refuses what is wanted where a saved run has another setting or file.
 *
 * @throws `RangeflowFailure` that says what differs
 */
export const checkWanted = (where: string, wanted: Wanted, saved: Identity): void => {
  refuse(where, originDifferences("settings", saved.from));
  const named = namedNow(where, wanted);
  const names = new Set(named.map(({ name }) => name));
  const files = [...named, ...saved.files.filter(({ name }) => !names.has(name))];
  const settings = mergedSettings(wanted, saved);
  refuse(where, claimDifferences({ from: "settings", settings, files }, saved));
};

/** Whether a file stands for a saved one: by its place, or by what the run calls it. */
const isSamePlace = (file: UserFile, saved: UserFile): boolean =>
  file.path === saved.path || file.name === saved.name;

/**
 * Files of a saved run where they lie now: those that are named now as well, and, if the run is trusted, those that it names alone. Those of
 * weights, which a run that goes on does not read any more, may be gone.
 *
 * @param executed what the run will execute
 * @throws `RangeflowFailure` that names a file which is missing, which has changed, or which nobody has named
 */
export const openedFiles = (
  where: string,
  executed: readonly UserFile[],
  named: readonly UserFile[],
  trust: boolean,
): readonly UserFile[] =>
  executed.map((saved) => {
    const match = named.find((file) => contentsSha256(file) === contentsSha256(saved));
    if (match !== undefined) return { ...saved, path: match.path };
    const edited = named.find((file) => isSamePlace(file, saved));
    if (edited !== undefined)
      throw new RangeflowFailure(
        problem(
          where,
          `the file ${edited.name} of sha256 ${short(contentsSha256(edited))}, which has changed since the run began${changedIn(edited, saved)}`,
          `sha256 ${short(contentsSha256(saved))} as in the saved run`,
          "restore what has changed, or start a new run in another --out",
        ),
      );
    if (isDataFile(saved.name)) return saved;
    if (!trust)
      throw new RangeflowFailure(
        problem(
          where,
          `the file ${saved.name} of the saved run is not named`,
          "every file named as when the run began",
          "opening a run executes no other file without --trust (in code, trust: true)",
        ),
      );
    const found = userFile(saved.name, saved.path);
    if (found === undefined)
      throw new RangeflowFailure(
        problem(where, `no file ${saved.path}`, `${saved.name} of the saved run`, "give its present path"),
      );
    if (contentsSha256(found) === contentsSha256(saved)) return found;
    throw new RangeflowFailure(
      problem(
        where,
        `${saved.path} of sha256 ${short(contentsSha256(found))}${changedIn(found, saved)}`,
        `sha256 ${short(contentsSha256(saved))} as in the saved run`,
        "restore the file, or start a new run",
      ),
    );
  });

/**
 * A saved run that goes on, or is judged: its own settings, with those over them that change no bit.
 *
 * @throws `RangeflowFailure` that says in what the run would be another one, or which file nobody has named
 */
export const savedClaim = async (
  where: string,
  wanted: Wanted,
  saved: Identity,
  trust: boolean,
): Promise<Claim<Settings>> => {
  checkWanted(where, wanted, saved);
  const executed = openedFiles(where, saved.files, namedNow(where, wanted), trust);
  const elsewhere = new Map(executed.map((file) => [file.name, file]));
  const now = mergedSettings(wanted, saved);
  const local = Object.fromEntries(harmless.map((name) => [name, now[name as SettingName]]));
  return {
    from: "settings",
    settings: { ...(saved.settings as Settings), ...local },
    files: saved.files.map((file) => elsewhere.get(file.name) ?? file),
  };
};
