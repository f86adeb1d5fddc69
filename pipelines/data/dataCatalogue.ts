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

/** What data ask of a network, by what their targets are: classes, larger images, or boxes. */
export type TaskName = "classification" | "super-resolution" | "detection";

/** A data set with a name. */
export interface DataEntry {
  readonly task: TaskName;
  /** Whether it comes with the package, so that it needs no files and never changes. */
  readonly isEmbedded: boolean;
  /** Whether `--augment` mirrors and shifts its images: letters and digits stay as they are. */
  readonly isAugmentable: boolean;
  /** Reads it, at most as many images as settings say; rejects with `RangeflowFailure` if files are missing or damaged. */
  readonly read: (settings: Settings) => Promise<Dataset>;
}

/** Images that come in files or are drawn. */
type Find = (settings: Settings) => LabelledImages | Promise<LabelledImages>;

const drawn: Find = ({ limit, testLimit }) =>
  glyphs({ train: Math.min(limit, 10_000), test: Math.min(testLimit, 2_000) });
const photographs: Find = ({ dataDir, limit, testLimit }) =>
  tinyImageNet(dataDir, { train: limit, test: testLimit });

const found = async (find: Find, settings: Settings): Promise<LabelledImages> =>
  limited(await find(settings), { train: settings.limit, test: settings.testLimit });

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
      "give both --input-mean and --input-std, or neither",
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

type Kind = Pick<DataEntry, "isEmbedded" | "isAugmentable">;

/** Images with their classes. */
const classes = (find: Find, { isEmbedded, isAugmentable }: Kind): DataEntry => ({
  ...{ task: "classification", isEmbedded, isAugmentable },
  read: async (settings) =>
    images(normalizedBy(settings, await found(find, settings)), {
      augment: settings.augment && isAugmentable,
    }),
});

/** Images beside smaller ones of them. */
const upscaled = (find: Find, isEmbedded: boolean): DataEntry => ({
  ...{ task: "super-resolution", isEmbedded, isAugmentable: true },
  read: async (settings) => pairs(await found(find, settings), { augment: settings.augment }),
});

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
