import { problem, RangeflowFailure } from "../core/errors.ts";
import { cifar10 } from "./data/cifar10.ts";
import { type Dataset, limited } from "./data/dataset.ts";
import { glyphs } from "./data/glyphs.ts";
import { mnist } from "./data/idx.ts";
import type { Settings } from "./settings.ts";

const read = ({ data, dataDir, limit, testLimit }: Settings): Dataset => {
  if (data === "glyphs") return glyphs({ train: Math.min(limit, 10_000), test: Math.min(testLimit, 2_000) });
  if (dataDir === "")
    throw new RangeflowFailure(
      problem(`--data ${data}`, "no directory of its files", "--data-dir DIR", "or take --data glyphs"),
    );
  return data === "mnist" ? mnist(dataDir) : cifar10(dataDir);
};

/**
 * The data set of a run, with at most as many images as its settings say.
 *
 * @throws `RangeflowFailure` if files are missing or damaged
 */
export const dataNamed = (settings: Settings): Dataset =>
  limited(read(settings), { train: settings.limit, test: settings.testLimit });
