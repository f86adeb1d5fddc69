/** @file Options of `rangeflow replay` for levels other than those of the sites. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import type { OtherLevels } from "../replay/otherLevels.ts";
import type { ReplayRow } from "../replay/tally.ts";
import type { Arguments, Option } from "./args.ts";
import { quantizerNames } from "./settingOptions.ts";

export const levelsOptions: readonly Option[] = [
  {
    name: "bits",
    kind: "text",
    value: "N",
    help: "bits of all sites, 2 to 8, in place of those recorded: of levels, and for estimators that depend on them [those of the run; in an imported recording without bits, 8 for steps clipped, and none for estimators]",
  },
  {
    name: "quantizer",
    kind: "text",
    value: "Q",
    values: quantizerNames,
    help: "levels of all sites, in place of theirs, such as float8, luq or uniform:scheme=symmetric: what the same tensors and ranges would give on them [those of the run]",
  },
];

const bitsIn = (text: string): number => {
  if (!/^[2-8]$/.test(text))
    throw new RangeflowFailure(problem("--bits", `"${text}"`, "an integer from 2 to 8"));
  return Number(text);
};

/** The levels that the options ask for. */
export const levelsIn = ({ texts: { bits, quantizer } }: Pick<Arguments, "texts">): OtherLevels => ({
  ...(bits !== undefined && { bits: bitsIn(bits) }),
  ...(quantizer !== undefined && { quantizer: getOrThrow(parseQuantizer("--quantizer")(quantizer)) }),
});

/** Text on the levels that SQNR and clipping are of. */
export const levelsText = ({ bits, quantizer }: OtherLevels): string => {
  const said = [
    ...(quantizer ? [`${quantizer.name} (--quantizer)`] : []),
    ...(bits === undefined ? [] : [`${bits} bits (--bits)`]),
  ];
  return said.length === 0 ? "the levels of the site" : `levels of ${said.join(" with ")}`;
};

/** A note on a table that shows nothing of the quantizer asked for, because no histogram tells its levels. */
export const levelsNotes = (rows: readonly ReplayRow[], { quantizer }: OtherLevels): readonly string[] => {
  if (quantizer === undefined || rows.some(({ sqnr }) => sqnr !== undefined)) return [];
  const why = rows.some(({ unfit }) => unfit !== undefined)
    ? "histograms do not tell its SQNR"
    : "its SQNR needs histograms, and none were recorded (runs of rangeflow train do with --histogram-every N)";
  return [
    `Nothing above is of ${quantizer.name} (--quantizer): ${why}. Steps clipped are those of a uniform grid with the same ranges.`,
  ];
};
