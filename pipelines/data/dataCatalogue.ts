/** @file The data sets that `--data` names: what each is, and how it is read. */
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

/** Task of a data set, given by its targets: classes, larger images, or boxes. */
export type TaskName = "classification" | "super-resolution" | "detection";

/** A named data set. */
export interface DataEntry {
  readonly task: TaskName;
  /** Whether it ships with the package, so that it needs no files and never changes. */
  readonly isEmbedded: boolean;
  /** Whether `--augment` applies (mirroring and shifting). It does not to letters and digits. */
  readonly isAugmentable: boolean;
  /** Reads it, limited to the number of images in the settings; rejects with `RangeflowFailure` if files are missing or damaged. */
  readonly read: (settings: Settings) => Promise<Dataset>;
}

/** Finds images in files, or draws them. */
type Find = (settings: Settings) => LabelledImages | Promise<LabelledImages>;

const drawn: Find = ({ limit, testLimit }) =>
  glyphs({ train: Math.min(limit, 10_000), test: Math.min(testLimit, 2_000) });
const photographs: Find = ({ dataDir, limit, testLimit }) =>
  tinyImageNet(dataDir, { train: limit, test: testLimit });

const found = async (find: Find, settings: Settings): Promise<LabelledImages> =>
  limited(await find(settings), { train: settings.limit, test: settings.testLimit });

/** Numbers per channel in a setting. */
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
      "give both --input-mean and --input-std, or neither",
    ),
  );
};

/** Images with the normalization of the settings, if they have one. */
const normalizedBy = ({ inputMean, inputStd }: Settings, images: LabelledImages): LabelledImages =>
  inputMean === "" && inputStd === ""
    ? images
    : {
        ...images,
        mean: saidOf("--input-mean", inputMean, images),
        std: saidOf("--input-std", inputStd, images),
      };

type Kind = Pick<DataEntry, "isEmbedded" | "isAugmentable">;

/** Images with their classes. */
const classes = (find: Find, { isEmbedded, isAugmentable }: Kind): DataEntry => ({
  ...{ task: "classification", isEmbedded, isAugmentable },
  read: async (settings) =>
    images(normalizedBy(settings, await found(find, settings)), {
      augment: settings.augment && isAugmentable,
    }),
});

/** Images paired with smaller versions of themselves. */
const upscaled = (find: Find, isEmbedded: boolean): DataEntry => ({
  ...{ task: "super-resolution", isEmbedded, isAugmentable: true },
  read: async (settings) => pairs(await found(find, settings), { augment: settings.augment }),
});

/** The data sets by name. */
export const dataCatalogue: Readonly<Record<Settings["data"], DataEntry>> = {
  glyphs: classes(drawn, { isEmbedded: true, isAugmentable: false }),
  mnist: classes(({ dataDir }) => mnist(dataDir), { isEmbedded: false, isAugmentable: false }),
  cifar10: classes(({ dataDir }) => cifar10(dataDir), { isEmbedded: false, isAugmentable: true }),
  tinyImageNet: classes(photographs, { isEmbedded: false, isAugmentable: true }),
  glyphsX2: upscaled(drawn, true),
  tinyImageNetX2: upscaled(photographs, false),
  scenes: {
    ...{ task: "detection", isEmbedded: true, isAugmentable: false },
    read: async ({ limit, testLimit }) =>
      scenes({ train: Math.min(limit, 4_000), test: Math.min(testLimit, 1_000) }),
  },
  tinyImageNetBoxes: {
    ...{ task: "detection", isEmbedded: false, isAugmentable: true },
    read: ({ dataDir, limit, testLimit, augment }) =>
      tinyImageNetBoxes(dataDir, { train: limit, test: testLimit, mirror: augment }),
  },
};
