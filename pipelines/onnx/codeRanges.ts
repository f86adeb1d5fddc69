/** @file Grids with fewer codes than their stored type: the codes of each one, in the metadata of a model. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeJson } from "../files/json.ts";

/** Smallest and largest code of a grid. */
export type CodeRange = readonly [least: number, greatest: number];

/** Code ranges by names in the file: of parameters, `conv1.weight`, and of the codes of activations, `conv1/input`. */
export type CodeRanges = ReadonlyMap<string, CodeRange>;

/** Metadata entry with the ranges, a JSON object such as `{"conv1.weight":[-1,1],"conv1/input":[-128,127]}`. */
const entry = "codeRanges";

/** Metadata entry for the grids of a model. */
export const codeRangesMetadata = (ranges: CodeRanges): Readonly<Record<string, string>> =>
  ranges.size === 0 ? {} : { [entry]: JSON.stringify(Object.fromEntries(ranges)) };

const isCodeRange = (value: unknown): value is CodeRange =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((code) => Number.isInteger(code) && Math.abs(code) <= 255) &&
  value[0] < value[1];

/**
 * Code ranges in the metadata of a model; empty if there is no such entry.
 *
 * @param path path of the model, for messages
 * @throws `RangeflowFailure` if the entry is invalid
 */
export const codeRangesIn = (path: string, metadata: Readonly<Record<string, string>>): CodeRanges => {
  const text = metadata[entry];
  if (text === undefined) return new Map();
  const decoded = decodeJson(text);
  const given: unknown = decoded._tag === "Right" ? decoded.right : undefined;
  const ranges = typeof given === "object" && given !== null ? Object.entries(given) : [];
  const odd = ranges.find(([, range]) => !isCodeRange(range));
  if (ranges.length > 0 && odd === undefined) return new Map(ranges);
  const found = odd === undefined ? text.slice(0, 40) : `${JSON.stringify(odd[1])} for ${odd[0]}`;
  const expected =
    'a JSON object such as {"conv1.weight":[-1,1]}, the least and the greatest code of each grid';
  throw new RangeflowFailure(problem(path, `metadata ${entry} with ${found}`, expected, "export it again"));
};
