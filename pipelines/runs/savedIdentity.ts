/** @file The identity of a run in its files. Paths are relative to the run, unless they were given as absolute ones. */
import { realpathSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { type Problem, problem, type RangeflowError } from "../../core/errors.ts";
import { cannotRead } from "../files/fileErrors.ts";
import { decodeSettings } from "../settings/settings.ts";
import { fileNamesIn } from "../settings/userFiles.ts";
import type { Identity, Said } from "./identity.ts";
import { codeIn } from "./keptCode.ts";

const RangeCodec = t.type({ lo: t.number, hi: t.number });

const WholeIdentityCodec = t.type({
  from: t.union([t.literal("settings"), t.literal("file"), t.literal("code")]),
  settings: t.UnknownRecord,
  data: t.type({ sha256: t.string, train: t.number, test: t.number }),
  files: t.array(t.type({ name: t.string, path: t.string, contents: t.record(t.string, t.string) })),
  numerics: t.number,
});

export const SavedIdentityCodec = t.intersection([
  WholeIdentityCodec,
  t.partial({ firstRanges: t.record(t.string, RangeCodec) }),
]);

export type SavedIdentity = t.TypeOf<typeof SavedIdentityCodec>;

/** The same place relative to another directory. Absolute and empty paths stay as they are. */
const seenFrom = (to: string, from: string, path: string): string =>
  path === "" || isAbsolute(path) ? path : relative(to, resolve(from, path)) || ".";

const moved = <T extends Pick<Identity, "files">>(identity: T, move: (path: string) => string): T => ({
  ...identity,
  files: identity.files.map((file) => ({ ...file, path: move(file.path) })),
});

/** The description with the path of its data files moved, if it has one. */
const moveData = (settings: Said, move: (path: string) => string): Said =>
  typeof settings.dataDir === "string" ? { ...settings, dataDir: move(settings.dataDir) } : settings;

/** Absolute path of a run's directory. Another process may have removed it since a file in it was read. */
const wholePath = (dir: string): string => {
  try {
    return realpathSync(dir);
  } catch (error) {
    throw cannotRead(dir, error, "the directory of a run");
  }
};

/** Identity as the files of the run in `dir` store it. The directory must exist. */
export const savedIn = (dir: string, identity: Identity): SavedIdentity => {
  const [cwd, home] = [process.cwd(), wholePath(dir)];
  const move = (path: string): string => seenFrom(home, cwd, path);
  const { settings, files, ...rest } = moved(identity, move);
  return {
    ...rest,
    files: files.map(({ name, path, contents }) => ({ name, path, contents: { ...contents } })),
    settings: moveData(settings, move),
  };
};

/**
 * Identity in a file of the run in `dir`, with paths relative to the working directory.
 *
 * @param where the file, for the message
 * @throws `RangeflowFailure` if the directory is gone
 */
export const identityIn = (
  where: string,
  dir: string,
  saved: SavedIdentity,
): E.Either<readonly RangeflowError[], Identity> => {
  const [cwd, home] = [process.cwd(), wholePath(dir)];
  const move = (path: string): string => seenFrom(cwd, home, path);
  const unknown = (name: string): Problem =>
    problem(where, `the file ${name} in its settings without a hash`, "a hash of each file");
  const settings = saved.from === "settings" ? decodeSettings(saved.settings) : E.right(saved.settings);
  return E.chain((said: Said) => {
    const names = new Set(saved.files.map(({ name }) => name));
    const unhashed = fileNamesIn(said).filter((name) => !names.has(name));
    if (unhashed.length > 0) return E.left<readonly RangeflowError[], Identity>(unhashed.map(unknown));
    const { files, ...rest } = moved(saved, move);
    const copies = codeIn(relative(cwd, home));
    return E.right({
      ...rest,
      files: files.map((file) => ({ ...file, copies })),
      settings: moveData(said, move),
    });
  })(settings);
};
