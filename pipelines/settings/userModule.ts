/** @file Modules of a user's own, which the command line names by path. */
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

/** Entrances of this package, by the names that modules import them by. */
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

/** A module finds RxJS and Rangeflow wherever it lies: they are those that this process runs. */
const alias = (): Record<string, string> => ({
  rxjs: dirname(createRequire(import.meta.url).resolve("rxjs/package.json")),
  ...entrances(),
});

/** Where a module has thrown: ` at line 3`; nothing where the stack does not say. */
const lineOf = (error: unknown, path: string): string => {
  const stack = error instanceof Error ? String(error.stack) : "";
  const at = stack.indexOf(`${path}:`);
  const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + path.length + 1))?.[0];
  return line === undefined ? "" : ` at line ${line}`;
};

const isExport = (x: unknown): x is { readonly default?: unknown } =>
  (typeof x === "object" && x !== null) || typeof x === "function";

/**
 * The default export in what a loader gives for a module: also where the module is CommonJS, which is a default export as a whole, or
 * was compiled from a module with one (`exports.default = f`).
 */
const defaultOf = (loaded: unknown): unknown => {
  if (typeof loaded === "function") return loaded;
  const exported = isExport(loaded) ? loaded.default : undefined;
  return isExport(exported) && "default" in exported ? exported.default : exported;
};

/** The sha256 of files that this process has loaded and may not load anew: Node keeps all modules but those in TypeScript. */
const loaded = new Map<string, string>();

/** A file of a module that is not any more what this process has loaded, so that it would not execute what it reads. */
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
 * The default export of a module, TypeScript or JavaScript; undefined if it has none. What is executed is what its files hold now.
 *
 * @param where the option that the path belongs to, and `what` the module should be of; used in errors only
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
        `${changed}, which has changed since this process has loaded it`,
        "what it was",
        "start a new process",
      ),
    ]);
  try {
    // Only who has modules of his own waits for what reads them.
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

/** Description of a default export, for a sentence. */
export const exportText = (exported: unknown): string => {
  if (exported === undefined) return "has no default export";
  return exported instanceof Promise
    ? "exports a promise as default, which `export default await ..` would wait for"
    : `exports ${typeof exported} as default`;
};
