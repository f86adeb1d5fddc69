/** @file Tells functions of this package from user-defined ones by their source text. */
import { readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Directories of the package whose functions may be part of a network, a loss or an optimizer. */
const floors = ["core", "quantizers", "operators", "models", "pipelines"];

/** Least length, in characters, of a text that identifies a function. Shorter texts such as `() => 1` may be anybody's. */
const tellingLength = 30;

/** Removes doc comments, because their examples may contain functions that a user has copied. */
const withoutDocs = (text: string): string => text.replace(/^\s*\/\*\*[\s\S]*?\*\//gm, "");

/** Source text of all files of the package; empty if they are not side by side on disk, as in a bundle. */
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
 * Whether a function belongs to this package. The version of the numerics, its name and its options decide what such a function computes;
 * its text is not part of a run's identity and may change. A user's verbatim copy of such a function counts as part of the package.
 */
export const isOfPackage = (f: unknown): boolean => {
  const text = withoutDocs(String(f));
  if (text.length < tellingLength) return false;
  packageText ??= readPackage();
  const found = known.get(text) ?? packageText.includes(text);
  known.set(text, found);
  return found;
};
