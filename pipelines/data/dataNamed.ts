import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import { cifar10 } from "./cifar10.ts";
import type { Dataset } from "./dataset.ts";
import { glyphs } from "./glyphs.ts";
import { mnist } from "./idx.ts";
import { images } from "./images.ts";
import { type LabelledImages, limited } from "./labelledImages.ts";
import { pairs } from "./pairs.ts";
import { scenes } from "./scenes.ts";
import { tinyImageNet } from "./tinyImageNet.ts";
import { tinyImageNetBoxes } from "./tinyImageNetBoxes.ts";

const embedded = ["glyphs", "glyphsX2", "scenes"] as const satisfies readonly Settings["data"][];

/** Whether data come with the package, so that they need no files and never change. */
export const isEmbedded = (data: Settings["data"]): data is (typeof embedded)[number] =>
  embedded.some((name) => name === data);

/** Whether images may be mirrored and shifted: letters may not. */
export const isPhotograph = (data: Settings["data"]): boolean =>
  data === "cifar10" || data === "tinyImageNet" || data === "tinyImageNetBoxes";

/** Whether data are pairs for super-resolution. */
export const isUpscaling = (data: Settings["data"]): boolean => data.endsWith("X2");

/** Whether data are images with boxes, for detection. */
export const isDetection = (data: Settings["data"]): data is "scenes" | "tinyImageNetBoxes" =>
  data === "scenes" || data === "tinyImageNetBoxes";

/** Embedded data for the task of others. */
const embeddedFor = (data: Settings["data"]): Settings["data"] => {
  if (isDetection(data)) return "scenes";
  return isUpscaling(data) ? "glyphsX2" : "glyphs";
};

/** Images whose targets are classes, or the images themselves. */
const labelled = async (
  data: Exclude<Settings["data"], "scenes" | "tinyImageNetBoxes">,
  { dataDir, limit, testLimit }: Settings,
): Promise<LabelledImages> => {
  switch (data) {
    case "glyphs":
    case "glyphsX2":
      return glyphs({ train: Math.min(limit, 10_000), test: Math.min(testLimit, 2_000) });
    case "mnist":
      return mnist(dataDir);
    case "cifar10":
      return cifar10(dataDir);
    case "tinyImageNet":
    case "tinyImageNetX2":
      return tinyImageNet(dataDir, { train: limit, test: testLimit });
  }
};

/** The numbers that a setting says for the channels of images. */
const saidOf = (
  option: string,
  text: string,
  { shape: [, , channels] }: LabelledImages,
): readonly number[] => {
  const numbers = text === "" ? [] : text.split(",").map(Number);
  if (numbers.length === channels) return numbers;
  throw new RangeflowFailure(
    problem(
      option,
      numbers.length === 0 ? "nothing" : `${numbers.length} numbers`,
      `${channels}, one for each channel`,
      "say both --input-mean and --input-std, or none",
    ),
  );
};

/** Images that are normalized by what settings say, if they say it. */
const normalizedBy = ({ inputMean, inputStd }: Settings, images: LabelledImages): LabelledImages =>
  inputMean === "" && inputStd === ""
    ? images
    : {
        ...images,
        mean: saidOf("--input-mean", inputMean, images),
        std: saidOf("--input-std", inputStd, images),
      };

const read = async (settings: Settings): Promise<Dataset> => {
  const { data, dataDir, limit, testLimit, augment } = settings;
  if (data === "scenes") return scenes({ train: Math.min(limit, 4_000), test: Math.min(testLimit, 1_000) });
  if (data === "tinyImageNetBoxes")
    return tinyImageNetBoxes(dataDir, { train: limit, test: testLimit, mirror: augment });
  const found = limited(await labelled(data, settings), { train: limit, test: testLimit });
  return isUpscaling(data)
    ? pairs(found, { augment })
    : images(normalizedBy(settings, found), { augment: augment && isPhotograph(data) });
};

/** Gives the data that settings name. */
export type ReadData = (settings: Settings) => Promise<Dataset>;

/**
 * The data of a run, at most as many images as its settings say.
 *
 * @returns rejects with `RangeflowFailure` if files are missing or damaged
 */
export const dataNamed: ReadData = async (settings) => {
  const { data, dataDir } = settings;
  if (!isEmbedded(data) && dataDir === "")
    throw new RangeflowFailure(
      problem(
        `--data ${data}`,
        "no directory of its files",
        "--data-dir DIR",
        `or take --data ${embeddedFor(data)}`,
      ),
    );
  return { ...(await read(settings)), name: data };
};
