/** @file Decodes JPEG and PNG files with the optional package `sharp`, which is loaded only when a file has to be decoded. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { readRegular } from "../files/regularFile.ts";
import { downloadAgain } from "./dataFile.ts";
import { type ImageShape, imageSize } from "./labelledImages.ts";

type Sharp = typeof import("sharp")["default"];

const loaded = async (load: () => Promise<{ readonly default: Sharp }>): Promise<Sharp> => {
  try {
    return (await load()).default;
  } catch (error) {
    throw new RangeflowFailure(
      problem(
        "JPEG images",
        `no package sharp to decode them with (${reasonOf(error)})`,
        "sharp installed beside rangeflow",
        "npm install sharp",
      ),
    );
  }
};

/** Largest size of an image file in bytes. */
const mostBytes = 2 ** 26;

/** Three channels, whatever the file has. An embedded colour profile is ignored, as in other loaders. */
const pixelsOf = (sharp: Sharp, file: Uint8Array) =>
  sharp(file, { ignoreIcc: true })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });

const decoded = async (sharp: Sharp, path: string, [height, width]: ImageShape): Promise<Uint8Array> => {
  const file = readRegular(path, "an image file", mostBytes);
  let image: Awaited<ReturnType<typeof pixelsOf>>;
  try {
    image = await pixelsOf(sharp, file);
  } catch (error) {
    throw new RangeflowFailure(
      problem(
        path,
        `an image that cannot be decoded (${reasonOf(error)})`,
        "a whole JPEG or PNG image",
        downloadAgain,
      ),
    );
  }
  const { data, info } = image;
  if (info.height !== height || info.width !== width)
    throw new RangeflowFailure(
      problem(
        path,
        `an image of ${info.width}x${info.height}`,
        `${width}x${height}`,
        "scale all images alike",
      ),
    );
  return data;
};

/** Files decoded at a time. On a machine with two threads, 4 took 0.6 ms per image, 1 took 1.4 ms, and 8 was no faster than 4. */
const atATime = 4;

/**
 * Pixels of image files of one size, NHWC. Grey images are expanded to three channels.
 *
 * @param shape shape of each image, with three channels
 * @param load loads the package `sharp`
 * @throws `RangeflowFailure` if the package is missing, or a file is missing, damaged or of another size
 */
export const decodeImages = async (
  paths: readonly string[],
  shape: ImageShape,
  load: () => Promise<{ readonly default: Sharp }> = () => import("sharp"),
): Promise<Uint8Array> => {
  const sharp = await loaded(load);
  const size = imageSize(shape);
  const images = new Uint8Array(paths.length * size);
  const waiting = paths.entries();
  const worker = async (): Promise<void> => {
    for (const [i, path] of waiting) images.set(await decoded(sharp, path, shape), i * size);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  return images;
};
