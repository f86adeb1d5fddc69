/** @file Files of the user: which ones settings name, and their contents. */
import { readFileSync } from "node:fs";
import { basename, dirname, relative, resolve, sep } from "node:path";
import { type NamedText, pairsIn } from "../../core/entry.ts";
import { combinationIn } from "../../quantizers/catalogue/parseEstimator.ts";
import { fileSha256 } from "../files/fileSha256.ts";
import { sha256Of } from "../files/sha256.ts";
import { isDataFile, isFile, isTooLong, namedFiles } from "./namedFiles.ts";

/** A user's file that is part of a run. */
export interface UserFile {
  /** Name of the file, as in the settings. */
  readonly name: string;
  /** Path of the file. */
  readonly path: string;
  /**
   * The sha256 of the file, under `.`; of each file that it names by a relative path, as in `import "./levels.ts"`; of each module and JSON
   * file that it names by an absolute path; of those that its imports mean by a `package.json` of the user, and of this; and, recursively,
   * of those that these name. Keys are paths relative to the directory of the file. Installed packages and files with computed names are
   * not included.
   */
  readonly contents: Readonly<Record<string, string>>;
  /** Directory in which the run keeps copies of its code, for a file of a saved run. It is not saved. */
  readonly copies?: string;
}

/** Finds a file by its name in the settings. */
export type Locate = (name: string) => string;

/** Whether a text names a file, not a built-in method. */
export const isPath = (text: string): boolean => /^\.{0,2}\//.test(text) || /\.[cm]?[jt]s$/.test(text);

/** The path and the options in a text such as `./fold.ts:length=9`; undefined if it names something built in. */
export const fileIn = (text: string): NamedText | undefined => {
  if (isDataFile(text)) return { name: text, given: [] };
  const [, path, given] =
    /^(.*?\.[cm]?[jt]s)(?::(.*))?$/s.exec(text) ??
    /^(\.{0,2}\/.*?)(?::([A-Za-z][A-Za-z0-9]*=.*))?$/s.exec(text) ??
    [];
  return path === undefined ? undefined : { name: path, given: given === undefined ? [] : pairsIn(given) };
};

/** Whether a setting may name a method. Options that a user's file declares do not, whatever they are called. */
export const mayNameMethod = (name: string): boolean =>
  /^((weight|activation|gradient|weightGradient)(Range|Quantizer)|rangeAt|quantizerAt|recipe)$/.test(name);

/** Whether a setting may name a file: of a method, of an experiment, of weights, or of their names. */
const mayNameFile = (name: string): boolean =>
  mayNameMethod(name) || /^(experiment|init|initNames)$/.test(name);

/** The path in a text such as `inHindsight(./mine.ts:length=9)`; undefined if it names something built in. */
export const pathIn = (text: string): string | undefined => {
  const inner = combinationIn("", text)?.inner;
  if (inner !== undefined) return pathIn(inner);
  return fileIn(text)?.name;
};

const replaced = (text: string, by: Locate): string => {
  const path = pathIn(text);
  return path === undefined ? text : text.replace(path, () => by(path));
};

/** The value of a setting, with each path in it replaced by `by(path)`. */
export const withPaths = <T>(name: string, value: T, by: Locate): T => {
  if (!mayNameFile(name)) return value;
  if (typeof value === "string") return replaced(value, by) as T;
  if (!Array.isArray(value)) return value;
  return value.map((rule) => {
    const text = String(rule);
    const at = text.indexOf("=") + 1;
    return `${text.slice(0, at)}${replaced(text.slice(at), by)}`;
  }) as T;
};

/** The names of all files that settings name. */
export const fileNamesIn = (settings: Readonly<Record<string, unknown>>): readonly string[] => {
  const names = new Set<string>();
  for (const name of Object.keys(settings))
    withPaths(name, settings[name], (path) => {
      names.add(path);
      return path;
    });
  return [...names];
};

/** A user's file with its current contents; undefined if there is no such file. */
export const userFile = (name: string, path: string): UserFile | undefined => {
  const entry = resolve(path);
  if (!isFile(entry)) return undefined;
  const contents = new Map<string, string>();
  const add = (file: string): void => {
    const key = file === entry ? "." : relative(dirname(entry), file).replaceAll(sep, "/");
    if (contents.has(key)) return;
    if (isDataFile(file) || isTooLong(file)) {
      contents.set(key, fileSha256(file, "a file of a user's own"));
      return;
    }
    const bytes = readFileSync(file);
    contents.set(key, sha256Of(bytes));
    for (const other of namedFiles(file, bytes.toString("utf8"), entry)) add(other.path);
  };
  add(entry);
  const sorted = [...contents].sort(([a], [b]) => (a < b ? -1 : 1));
  return { name, path, contents: Object.fromEntries(sorted) };
};

/**
 * Code that a file consists of, as far as it can be executed in another place: the file, and the modules that it and they name by relative
 * paths. Absolute paths with their bytes; empty for a data file.
 */
export const movableCode = (path: string): ReadonlyMap<string, Uint8Array> => {
  const code = new Map<string, Uint8Array>();
  const entry = resolve(path);
  const add = (file: string): void => {
    if (code.has(file) || isDataFile(file) || !isFile(file) || isTooLong(file)) return;
    const bytes = readFileSync(file);
    code.set(file, bytes);
    const named = namedFiles(file, bytes.toString("utf8"), entry);
    for (const { path, isRelative } of named) if (isRelative) add(path);
  };
  add(entry);
  return code;
};

/** One hash of the contents of a file and of those that it imports; independent of its path and name. */
export const contentsSha256 = ({ contents }: Pick<UserFile, "contents">): string =>
  sha256Of(JSON.stringify(Object.entries(contents)));

/** The files that settings name, relative to the working directory; missing files are left out. */
export const filesNamedIn = (settings: Readonly<Record<string, unknown>>): readonly UserFile[] =>
  fileNamesIn(settings).flatMap((name) => userFile(name, name) ?? []);

/** Finds files at their current paths; a name that is not among them is relative to the working directory. */
export const locateIn =
  (files: readonly UserFile[]): Locate =>
  (name) =>
    resolve(files.find((file) => file.name === name)?.path ?? name);

/** Base name of a file and the beginning of its hash, independent of its directory: `mine.ts-1f2e3d4c`. */
export const hashedName = (file: UserFile): string =>
  `${basename(file.name)}-${contentsSha256(file).slice(0, 8)}`;
