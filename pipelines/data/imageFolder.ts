/** @file Image files of a folder, in the order of their numbers. Files that operating systems leave there are skipped. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { cannotRead } from "../files/fileErrors.ts";

/** Hidden files, including macOS resource forks, and files that Windows writes into folders of images. */
const isLeftBehind = (name: string): boolean => /^\.|^(thumbs\.db|desktop\.ini)$/i.test(name);

/** Matches JPEG and PNG files: the name without its extension, and the number at its end. */
const imageName = /^(.*?(\d+))\.(?:jpe?g|png)$/i;

interface Image {
  readonly name: string;
  readonly stem: string;
  readonly number: number;
}

const imageIn = (dir: string, name: string): Image => {
  const [, stem, number] = imageName.exec(name) ?? [];
  if (stem === undefined)
    throw new RangeflowFailure(
      problem(
        dir,
        `${name} among the images`,
        "JPEG and PNG files only, with a number at the end of their names",
        "move or rename it",
      ),
    );
  return { name, stem, number: Number(number) };
};

/**
 * Paths of all images in `dir`, such as `ID_0.JPEG` or `7.png`, by number.
 *
 * @param what content of the folder, for the message
 * @throws `RangeflowFailure` if the folder cannot be read, holds no image or other files, or holds one image with two extensions
 */
export const imagesIn = (dir: string, what: string): readonly string[] => {
  let names: readonly string[];
  try {
    names = readdirSync(dir);
  } catch (error) {
    throw cannotRead(dir, error, what);
  }
  const images = names
    .filter((name) => !isLeftBehind(name))
    .map((name) => imageIn(dir, name))
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
  if (images.length === 0)
    throw new RangeflowFailure(
      problem(dir, "no image", `${what}, as .JPEG, .jpg or .png files`, "unpack the data set again"),
    );
  const stems = new Map<string, string>();
  for (const { name, stem } of images) {
    const other = stems.get(stem);
    if (other !== undefined)
      throw new RangeflowFailure(
        problem(dir, `both ${other} and ${name}`, "one file for each image", "remove one"),
      );
    stems.set(stem, name);
  }
  return images.map(({ name }) => join(dir, name));
};
