/** @file Grids of fewer codes than their stored type has: which codes each one has, as the metadata of a model says it. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeJson } from "../files/json.ts";

/** Least and greatest code of a grid. */
export type CodeRange = readonly [least: number, greatest: number];

/** By names of the file: those of parameters, `conv1.weight`, and of the codes of activations, `conv1/input`. */
export type CodeRanges = ReadonlyMap<string, CodeRange>;

/** The metadata entry that holds them, a JSON object such as `{"conv1.weight":[-1,1],"conv1/input":[-128,127]}`. */
const entry = "codeRanges";

/** The metadata entry of a model whose grids have these codes. */
export const codeRangesMetadata = (ranges: CodeRanges): Readonly<Record<string, string>> =>
  ranges.size === 0 ? {} : { [entry]: JSON.stringify(Object.fromEntries(ranges)) };

const isCodeRange = (value: unknown): value is CodeRange =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((code) => Number.isInteger(code) && Math.abs(code) <= 255) &&
  value[0] < value[1];

/**
 * The codes of grids as the metadata of a model has them; empty where it says nothing.
 *
 * @param path of the model, for sentences
 * @throws `RangeflowFailure` where it says something else
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
