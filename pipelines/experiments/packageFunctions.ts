/** @file Functions of this package, told from those of its users by their text. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Floors of the package, from whose functions a network, a loss or an optimizer may be made. */
const floors = ["core", "quantizers", "operators", "models", "pipelines"];

/** Characters from which a text is taken for that of one function alone: anybody may write `() => 1`. */
const tellingLength = 30;

/** The comment above a function may have functions of a user's as examples. */
const withoutDocs = (text: string): string => text.replace(/^\s*\/\*\*[\s\S]*?\*\//gm, "");

/** Text of all files of the package; nothing where they do not lie side by side, as in a bundle. */
const readPackage = (): string => {
  const self = fileURLToPath(import.meta.url);
  const extension = extname(self);
  const place = join(sep, "pipelines", "experiments", `packageFunctions${extension}`);
  if (!self.endsWith(place)) return "";
  const root = self.slice(0, -place.length);
  const files = floors.flatMap((floor) =>
    readdirSync(join(root, floor), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(extension))
      .map((file) => join(root, floor, file)),
  );
  return files.map((file) => withoutDocs(readFileSync(file, "utf8"))).join("\n");
};

let packageText: string | undefined;
const known = new Map<string, boolean>();

/**
 * Whether a function is one of this package. What such a function computes follows from the version of the numerics, its name and its
 * options, so its text is no part of what a run is, and may be written anew. A function of a user's that is a copy of one counts as it.
 */
export const isOfPackage = (f: unknown): boolean => {
  const text = withoutDocs(String(f));
  if (text.length < tellingLength) return false;
  packageText ??= readPackage();
  const found = known.get(text) ?? packageText.includes(text);
  known.set(text, found);
  return found;
};
