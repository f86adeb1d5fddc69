/** @file Directories in that of a study. Each counts once: a link to one of them is no other run. */
import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** Directory behind a name; undefined for a link that leads nowhere. */
const realOf = (path: string): string | undefined => {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
};

/**
 * Names of the subdirectories of a directory and of links to directories elsewhere, in order. Names of unfinished attempts of a sweep begin
 * with a dot and are left out.
 */
export const directoriesBelow = (dir: string): readonly string[] => {
  const entries = readdirSync(dir, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith("."))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const own = entries.filter((entry) => entry.isDirectory());
  const links = entries.filter((entry) => entry.isSymbolicLink());
  const first = new Map<string, string>();
  for (const { name } of [...own, ...links]) {
    const real = realOf(join(dir, name));
    if (real !== undefined && !first.has(real)) first.set(real, name);
  }
  return [...first.values()].toSorted();
};
