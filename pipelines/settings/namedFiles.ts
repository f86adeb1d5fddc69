/** @file Files that the text of a user's module names: those that it imports, as its loader finds them, and those in quotes. */
import { existsSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { readText } from "../files/regularFile.ts";

type Jiti = typeof import("jiti");

/** Whether a path is that of a data file, such as weights or a map of names, which is never executed. */
export const isDataFile = (path: string): boolean => /\.(safetensors|onnx|json)$/i.test(path);

/** Largest size in bytes of a file that is taken for a module, which may name others. */
const longestModule = 2 ** 26;

/** Whether a file is too large for a module. It is then read like a data file, whatever its name. */
export const isTooLong = (path: string): boolean => statSync(path).size > longestModule;

export const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

const extensions = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs", ".json"];

/** Endings that the loader tries, too. */
const further = [".tsx", ".jsx", ".mtsx", ".ctsx"];

/** Existing files that a path in a module may mean: with another extension or none, or the index of a directory. */
const meantBy = (path: string): readonly string[] => {
  const bare = path.replace(/\.[cm]?[jt]s$/, "");
  const ended = extensions.flatMap((end) => [`${path}${end}`, `${bare}${end}`, join(path, `index${end}`)]);
  return [...new Set([path, ...ended])].filter(isFile);
};

const attempted = <T>(act: () => T): T | undefined => {
  try {
    return act();
  } catch {
    return undefined;
  }
};

/** A specifier as it is, without its query, and decoded as the URL that it is. */
const spellings = (specifier: string): readonly string[] => {
  const bare = specifier.replace(/[?#].*$/, "");
  return [...new Set([specifier, bare, attempted(() => decodeURIComponent(bare)) ?? bare])];
};

/** A text between quotes as it is written, and what its escapes mean, such as `\'` and `\u00fc`. */
const meanings = (written: string): ReadonlySet<string> =>
  new Set([
    written,
    written.replace(
      /\\(?:u\{([\da-f]{1,6})\}|u([\da-f]{4})|x([\da-f]{2})|(.))/gi,
      (all, point, unit, byte, itself) => {
        const code = Number.parseInt(point ?? unit ?? byte, 16);
        return itself ?? (code <= 0x10ffff ? String.fromCodePoint(code) : all);
      },
    ),
  ]);

/** Quoted paths, also as file URLs, with any other quotes in them, and also within other quotes. Matches that are not imports do no harm. */
const paths = /(?=(["'`])(?:file:\/\/)?((?:\.{0,2}\/)(?:\\.|(?!\1)[^\n])*)\1)/g;

/** Specifiers of imports: `from ".."`, `import "#levels"`, `import("./sub")`, `require("./sub")`, also with comments in between. */
const imports =
  /(?<![.\w$])(?:import\.meta\.resolve|require\.resolve|require|import|from)(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/.*\n)*\(?(?:\s|\/\*(?:[^*]|\*(?!\/))*\*\/|\/\/.*\n)*(["'`])((?:\\.|(?!\1)[^\n])+)\1/g;

/** Texts between the quotes that an expression finds. */
const quotedBy = (text: string, of: RegExp): readonly string[] =>
  [...text.matchAll(of)].flatMap(([, , found = ""]) => [...meanings(found)]);

/** The package that a file belongs to: its `package.json`, or undefined. */
const packageOf = (file: string): string | undefined => {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const found = join(dir, "package.json");
    if (isFile(found)) return found;
    if (dirname(dir) === dir) return undefined;
  }
};

/** Whether a specifier names the package of the file itself, as one with `exports` may. This package is never a user's. */
const namesOwnPackage = (specifier: string, manifest: string): boolean => {
  const name: unknown = attempted(() => JSON.parse(readText(manifest, "a package.json")).name);
  if (typeof name !== "string" || name === "rangeflow" || name === "rxjs") return false;
  return specifier === name || specifier.startsWith(`${name}/`);
};

let jiti: Jiti | undefined;

/** Files that the loader finds for a specifier, imported and required, unless they belong to an installed package. */
const loaderFinds = (file: string, specifier: string): readonly string[] => {
  // Loaded here, so that only modules whose imports need it pay for it.
  jiti ??= createRequire(import.meta.url)("jiti") as Jiti;
  const { esmResolve } = jiti.createJiti(file);
  const home = dirname(file);
  const found = [true, false].flatMap((async) => {
    const url = esmResolve(specifier, { async, try: true });
    return url?.startsWith("file:") ? [fileURLToPath(url)] : [];
  });
  return [...new Set(found)]
    .map((path) => relative(realpathSync(home), path))
    .filter((path) => !path.split(sep).includes("node_modules"))
    .map((path) => resolve(home, path))
    .filter(isFile);
};

/**
 * Files of an import by a relative path that `meantBy` does not know: the index of a directory that is named by points alone, the main file
 * of a directory's package with its `package.json`, and modules with further endings.
 */
const foundByLoader = (file: string, specifier: string): readonly string[] => {
  const [, bare = specifier] = spellings(specifier);
  const path = resolve(dirname(file), bare);
  const manifest = join(path, "package.json");
  const isPackage = isFile(manifest);
  const isAsked = isPackage || /^\.{1,2}$/.test(specifier) || further.some((end) => isFile(`${path}${end}`));
  if (!isAsked || isFile(path)) return [];
  const found = loaderFinds(file, specifier);
  return isPackage && found.some((one) => !basename(one).startsWith("index.")) ? [manifest, ...found] : found;
};

/** Files of an import by a name in the `package.json` that the file belongs to, with that `package.json`, which says what the name means. */
const ofPackage = (file: string, specifier: string): readonly string[] => {
  const manifest = packageOf(file);
  if (manifest === undefined) return [];
  if (!specifier.startsWith("#") && !namesOwnPackage(specifier, manifest)) return [];
  const found = loaderFinds(file, specifier);
  return found.length > 0 ? [manifest, ...found] : [];
};

/** A file that a module names. */
export interface NamedFile {
  readonly path: string;
  /** Whether the module names it by a relative path, so that a copy of both finds the other in the same relative position. */
  readonly isRelative: boolean;
}

/** The path behind links; the path itself if nothing is there. */
const realOf = (path: string): string => attempted(() => realpathSync(path)) ?? path;

/**
 * Place from which the imports of a module are resolved. The loader follows links to modules that are imported, and to those that are
 * named by a user if Node loads them by itself.
 */
const loadedFrom = (file: string, entry: string): string =>
  file !== entry || /\.[cm]js$/.test(file) ? realOf(file) : file;

/**
 * The path of a file as it is seen from a module: beside the module, also where this is reached by links, or else beside the entry.
 *
 * @param from place from which the loader resolves the imports of the module
 */
const seenFrom = (file: string, from: string, entry: string, path: string): string => {
  const home = dirname(entry);
  const places = [
    resolve(dirname(file), relative(dirname(from), path)),
    resolve(home, relative(realOf(home), realOf(path))),
  ];
  return places.find((place) => isFile(place) && realOf(place) === realOf(path)) ?? path;
};

/**
 * Existing files that a module names: by a relative path in quotes, by the absolute path of a module or a JSON file, and those that its
 * imports mean otherwise, each once. Installed packages are left out, and files with computed names.
 *
 * @param file path of the module
 * @param entry path of the file that a user has named, which the module is or which imports it
 */
export const namedFiles = (file: string, text: string, entry: string): readonly NamedFile[] => {
  const from = loadedFrom(file, entry);
  const found = new Map<string, boolean>();
  const add = (paths: readonly string[], isRelative: boolean): void => {
    for (const path of paths) found.set(path, isRelative || found.get(path) === true);
  };
  const seen = (paths: readonly string[]): readonly string[] =>
    paths.map((path) => seenFrom(file, from, entry, path));
  for (const named of quotedBy(text, paths)) {
    const isRelative = named.startsWith(".");
    const meant = spellings(named).flatMap((path) => meantBy(resolve(dirname(from), path)));
    add(isRelative ? seen(meant) : meant.filter((other) => extensions.includes(extname(other))), isRelative);
  }
  for (const specifier of quotedBy(text, imports)) {
    const isRelative = /^\.{1,2}(\/|$)/.test(specifier);
    add(seen(isRelative ? foundByLoader(from, specifier) : ofPackage(from, specifier)), isRelative);
  }
  return [...found].map(([path, isRelative]) => ({ path, isRelative }));
};
