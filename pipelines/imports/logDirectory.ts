/**
 * @file TensorBoard directories: finds the event files of one run.
 *
 *     logs/events.out.tfevents.1700000000.host.1.0      a run
 *     logs/train/events.., logs/validation/events..     two runs
 */
import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { firstFew } from "../../core/firstFew.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { failure } from "./source.ts";

/** Files to read, and runs below a directory that are not read, because it is a run itself. */
export interface LogFiles {
  readonly files: readonly string[];
  readonly passedOver: readonly string[];
}

/** Whether a file is an event file of TensorBoard, by its name. */
export const isEventFile = (name: string): boolean =>
  name.includes("tfevents") && !name.endsWith(".profile-empty");

/** What a path leads to, with links followed. Errors are reported when it is read. */
const foundAt = (path: string): Stats | undefined => {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
};

const isDirectory = (path: string): boolean => foundAt(path)?.isDirectory() ?? false;

const namesIn = (dir: string): readonly string[] => {
  try {
    return readdirSync(dir).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    throw failure(dir, `a directory that cannot be read (${reasonOf(error)})`, "a readable directory");
  }
};

/** Directories with event files, each with its files in the order of their names, which begin with the time of their creation. */
const runsIn = (dir: string, seen = new Set<string>()): ReadonlyMap<string, readonly string[]> => {
  // A directory that links lead to again, for example in a circle, has been read.
  if (seen.has(realpathSync(dir))) return new Map();
  seen.add(realpathSync(dir));
  const names = namesIn(dir);
  const own = names.filter((name) => isEventFile(name) && !isDirectory(join(dir, name)));
  const below = names.filter((name) => isDirectory(join(dir, name)));
  return new Map([
    ...(own.length > 0 ? [[dir, own.map((name) => join(dir, name))] as const] : []),
    ...below.flatMap((name) => [...runsIn(join(dir, name), seen)]),
  ]);
};

const filesOf = (dir: string): LogFiles => {
  const runs = runsIn(dir);
  const names = [...runs.keys()].filter((run) => run !== dir).map((run) => relative(dir, run));
  const own = runs.get(dir);
  if (own !== undefined) return { files: own, passedOver: names.map((name) => join(basename(dir), name)) };
  const [first] = runs.keys();
  if (first === undefined)
    throw failure(
      dir,
      "a directory without event files of TensorBoard",
      "files with statistics, or a directory of TensorBoard",
      `name the files: ${join(dir, "*")}`,
    );
  if (runs.size > 1)
    throw failure(
      dir,
      `event files of ${runs.size} runs (${firstFew(names)})`,
      "those of one run, since a recording is one",
      `name one of them, such as ${first}`,
    );
  return { files: runs.get(first) as readonly string[], passedOver: [] };
};

/**
 * The files that paths stand for: themselves, or the event files of a directory.
 *
 * @throws `RangeflowFailure` for a directory without event files, or with those of several runs
 */
export const logFiles = (paths: readonly string[]): LogFiles => {
  const found = paths.map((path) => (isDirectory(path) ? filesOf(path) : { files: [path], passedOver: [] }));
  return {
    files: found.flatMap(({ files }) => files),
    passedOver: found.flatMap(({ passedOver }) => passedOver),
  };
};
