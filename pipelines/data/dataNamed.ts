import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import { cifar10 } from "./cifar10.ts";
import { glyphs } from "./glyphs.ts";
import { mnist } from "./idx.ts";
import { type LabelledImages, limited } from "./labelledImages.ts";
import { tinyImageNet } from "./tinyImageNet.ts";

/** Whether data come with the package, so that they need no files and never change. */
export const isEmbedded = (data: Settings["data"]): data is "glyphs" | "glyphsX2" =>
  data === "glyphs" || data === "glyphsX2";

/** Whether images may be mirrored and shifted: letters may not. */
export const isPhotograph = (data: Settings["data"]): boolean =>
  data === "cifar10" || data === "tinyImageNet";

/** Whether data are pairs for super-resolution. */
export const isUpscaling = (data: Settings["data"]): boolean => data.endsWith("X2");

const read = ({ data, dataDir, limit, testLimit }: Settings): LabelledImages | Promise<LabelledImages> => {
  if (isEmbedded(data)) return glyphs({ train: Math.min(limit, 10_000), test: Math.min(testLimit, 2_000) });
  if (dataDir === "")
    throw new RangeflowFailure(
      problem(`--data ${data}`, "no directory of its files", "--data-dir DIR", "or take --data glyphs"),
    );
  switch (data) {
    case "mnist":
      return mnist(dataDir);
    case "cifar10":
      return cifar10(dataDir);
    case "tinyImageNet":
    case "tinyImageNetX2":
      return tinyImageNet(dataDir, { train: limit, test: testLimit });
  }
};

/**
 * The images of a run, at most as many as its settings say.
 *
 * @returns rejects with `RangeflowFailure` if files are missing or damaged
 */
export const dataNamed = async (settings: Settings): Promise<LabelledImages> =>
  limited(await read(settings), { train: settings.limit, test: settings.testLimit });
