/** @file The claim of a run before its data are read: of a new run from its settings, of a resumed one from its checkpoint. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import { isDataFile } from "../settings/namedFiles.ts";
import { decodeSettings, type SettingName, type Settings } from "../settings/settings.ts";
import {
  contentsSha256,
  fileNamesIn,
  filesNamedIn,
  type UserFile,
  userFile,
  withPaths,
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
import { isCopyOf, wayBack } from "./keptCopies.ts";

type Wanted = Readonly<Record<string, unknown>>;

/** Second half of a hint: a run that is resumed may be a new one instead; `evaluate`, `export` and `replay` only read what is there. */
const orNewRun = (where: string): string =>
  where === "--resume" ? ", or start a new run in another --out" : "";

/**
 * Refuses to resume, evaluate or export a saved run as another one.
 *
 * @param where what opens the run: `--resume`, `evaluate`, `export` or `--verify`
 */
export const refuse = (where: string, differences: readonly Difference[]): void => {
  if (differences.length === 0) return;
  const joined = (part: keyof Difference): string =>
    [...new Set(differences.map((difference) => difference[part]))].join(", ");
  throw new RangeflowFailure(
    problem(
      where,
      joined("found"),
      `${joined("expected")} as in the saved run`,
      `${joined("hint")}${orNewRun(where)}`,
    ),
  );
};

/**
 * Claim of a new run.
 *
 * @throws `RangeflowFailure` with every invalid setting
 */
export const newClaim = async (wanted: Wanted): Promise<Claim<Settings>> => {
  const settings = await settingsInForce(wanted);
  return { from: "settings", settings, files: filesNamedIn(settings) };
};

/** Settings of a saved run, overridden by those given now. */
export const mergedSettings = (wanted: Wanted, { settings }: Pick<Identity, "settings">): Settings =>
  getOrThrow(decodeSettings({ ...settings, ...wanted }));

/** Files that are named now, relative to the working directory. */
export const namedNow = (where: string, wanted: Wanted): readonly UserFile[] => {
  const files = filesNamedIn(wanted);
  const missing = fileNamesIn(wanted).filter((name) => !files.some((file) => file.name === name));
  if (missing.length === 0) return files;
  throw new RangeflowFailure(
    ...missing.map((name) => problem(where, `no file ${name}`, "a file", "check the path")),
  );
};

/**
 * Refuses settings or files that differ from those of a saved run.
 *
 * @throws `RangeflowFailure` with every difference
 */
export const checkWanted = (where: string, wanted: Wanted, saved: Identity): void => {
  refuse(where, originDifferences("settings", saved.from));
  const named = namedNow(where, wanted);
  const names = new Set(named.map(({ name }) => name));
  const files = [...named, ...saved.files.filter(({ name }) => !names.has(name))];
  const settings = mergedSettings(wanted, saved);
  refuse(where, claimDifferences({ from: "settings", settings, files }, saved));
};

/**
 * Settings with each file under the name that a run has for a file of the same contents, wherever the file lies now.
 *
 * @param named the files that the settings name
 */
export const namedAsIn = <S extends Wanted>(
  { files }: Pick<Identity, "files">,
  named: readonly UserFile[],
  wanted: S,
): S => {
  const before = (name: string): string => {
    const now = named.find((file) => file.name === name);
    const same = files.filter((file) => now && contentsSha256(file) === contentsSha256(now));
    return (same.find((file) => file.name === name) ?? same[0])?.name ?? name;
  };
  return Object.fromEntries(
    Object.entries(wanted).map(([setting, value]) => [setting, withPaths(setting, value, before)]),
  ) as S;
};

/** Whether a file is a saved one, by its place or by the name that the run has for it. */
const isSamePlace = (file: UserFile, saved: UserFile): boolean =>
  file.path === saved.path || file.name === saved.name;

/**
 * Files of a saved run at their current places: those that are named now as well, and, if the run is trusted, those that only the run
 * names. Files of weights may be gone, because a resumed run does not read them.
 *
 * @param executed files that the run will execute
 * @throws `RangeflowFailure` that names a file which is missing, has changed, or was named by nobody
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
    const edited = named.find((file) => isSamePlace(file, saved) || isCopyOf(file, saved));
    if (edited !== undefined)
      throw new RangeflowFailure(
        problem(
          where,
          `the file ${edited.name} of sha256 ${short(contentsSha256(edited))}, which has changed since the run began${changedIn(edited, saved)}`,
          `sha256 ${short(contentsSha256(saved))} as in the saved run`,
          `${wayBack(saved, edited, "restore what has changed")}${orNewRun(where)}`,
        ),
      );
    if (isDataFile(saved.name)) return saved;
    if (!trust)
      throw new RangeflowFailure(
        problem(
          where,
          `the file ${saved.name} of the saved run is not named`,
          "every file named as when the run began",
          `${where === "--verify" ? `name it, --estimator ${saved.name}; ` : ""}opening a run executes no other file without --trust (in code, trust: true)`,
        ),
      );
    const found = userFile(saved.name, saved.path);
    if (found === undefined)
      throw new RangeflowFailure(
        problem(
          where,
          `no file ${saved.path}`,
          `${saved.name} of the saved run`,
          wayBack(saved, undefined, "give its present path"),
        ),
      );
    if (contentsSha256(found) === contentsSha256(saved)) return found;
    throw new RangeflowFailure(
      problem(
        where,
        `${saved.path} of sha256 ${short(contentsSha256(found))}${changedIn(found, saved)}`,
        `sha256 ${short(contentsSha256(saved))} as in the saved run`,
        `${wayBack(saved, found, "restore the file")}${orNewRun(where)}`,
      ),
    );
  });

/**
 * Claim of a saved run that is resumed or evaluated: its own settings, overridden by given ones that change no bit.
 *
 * @throws `RangeflowFailure` that says in what the run would differ, or which file was not named
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
