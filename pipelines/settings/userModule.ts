/** @file Modules of the user, which the command line names by path. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as E from "fp-ts/lib/Either.js";
import { type Problem, problem, problemsIn, thrownText } from "../../core/errors.ts";
import { noteLoaded } from "../foreign/loadedFiles.ts";
import { watchedLoading } from "../foreign/watchdog.ts";
import { type Locate, userFile } from "./userFiles.ts";

const manifest = new URL("../../../package.json", import.meta.url);

/** Entry points of this package, by the names that modules import. */
const entrances = (): Record<string, string> => {
  const { exports } = JSON.parse(readFileSync(manifest, "utf8")) as {
    readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
  };
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, target]) =>
      typeof target === "string"
        ? []
        : [[`rangeflow${name.slice(1)}`, fileURLToPath(new URL(target.default, manifest))]],
    ),
  );
};

/** Resolves RxJS and Rangeflow, for a module in any directory, to the copies that this process runs. */
const alias = (): Record<string, string> => ({
  rxjs: dirname(createRequire(import.meta.url).resolve("rxjs/package.json")),
  ...entrances(),
});

/** The line at which a module threw: ` at line 3`; empty if the stack does not have it. */
const lineOf = (error: unknown, path: string): string => {
  const stack = error instanceof Error ? String(error.stack) : "";
  const at = stack.indexOf(`${path}:`);
  const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + path.length + 1))?.[0];
  return line === undefined ? "" : ` at line ${line}`;
};

const isExport = (x: unknown): x is { readonly default?: unknown } =>
  (typeof x === "object" && x !== null) || typeof x === "function";

/**
 * The default export of a loaded module. A CommonJS module is a default export as a whole, unless it was compiled from a module with a
 * default export (`exports.default = f`).
 */
const defaultOf = (loaded: unknown): unknown => {
  if (typeof loaded === "function") return loaded;
  const exported = isExport(loaded) ? loaded.default : undefined;
  return isExport(exported) && "default" in exported ? exported.default : exported;
};

/** The sha256 of files that this process has loaded and cannot reload: Node caches all modules except those in TypeScript. */
const loaded = new Map<string, string>();

/** A file of a module that has changed since this process loaded it, so that the process would execute the old version. */
const changedSince = (path: string): string | undefined => {
  for (const [name, sha256] of Object.entries(userFile(path, path)?.contents ?? {})) {
    const file = name === "." ? path : resolve(dirname(path), name);
    if (/\.[cm]?ts$/.test(file)) continue;
    if ((loaded.get(file) ?? sha256) !== sha256) return file;
    loaded.set(file, sha256);
  }
  return undefined;
};

/**
 * The default export of a TypeScript or JavaScript module, executed with its current contents; undefined if it has none.
 *
 * @param where the option that the path belongs to; used in errors only
 * @param what what the module should export, such as `an estimator`; used in errors only
 * @param locate finds files by name. Default: relative to the working directory
 * @returns `Left` if the file is missing, has changed since this process loaded it, or throws
 */
export const userModule = async (
  where: string,
  what: string,
  text: string,
  locate: Locate = resolve,
): Promise<E.Either<readonly Problem[], unknown>> => {
  const path = locate(text);
  if (!existsSync(path))
    return E.left([problem(where, `no file ${text}`, `a module with ${what}`, "check the path")]);
  const changed = changedSince(path);
  if (changed !== undefined)
    return E.left([
      problem(
        where,
        `${changed}, which has changed since this process loaded it`,
        "the file as it was loaded",
        "start a new process",
      ),
    ]);
  try {
    // Loaded here, so that only runs with modules of the user pay for it.
    const { createJiti } = await import("jiti");
    const jiti = createJiti(import.meta.url, {
      interopDefault: false,
      moduleCache: false,
      alias: alias(),
    });
    noteLoaded(path);
    return E.right(defaultOf(await watchedLoading(text, () => jiti.import(path))));
  } catch (error) {
    const problems = problemsIn(`${text}${lineOf(error, path)}`, error);
    if (problems !== undefined) return E.left(problems);
    return E.left([
      problem(
        where,
        `${text} cannot be loaded${lineOf(error, path)}: ${thrownText(error).replace(/ ?Require stack:.*|[.]$/g, "")}`,
        "a module that runs",
      ),
    ]);
  }
};

/** Description of a default export, for an error. */
export const exportText = (exported: unknown): string => {
  if (exported === undefined) return "has no default export";
  return exported instanceof Promise
    ? "exports a promise as default, which `export default await ..` would wait for"
    : `exports ${typeof exported} as default`;
};
