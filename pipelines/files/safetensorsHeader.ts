/**
 * @file Header of a safetensors file: the tensors that it contains, with type, shape and position of each.
 *
 *     8 bytes    length of the header, little-endian
 *     header     JSON: {"__metadata__": {texts}, "name": {"dtype": "F32", "shape": [..], "data_offsets": [from, to]}, ..}
 *     data       the bytes of the tensors, one behind the other, in any order, without holes
 *
 * @see https://huggingface.co/docs/safetensors
 */
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";
import { reasonOf } from "./fileErrors.ts";

/** A tensor of a file. Its bytes are `from` to `to` behind the header. */
export interface TensorPlace {
  readonly name: string;
  /** Type of its numbers as the file states it, such as `F32`. */
  readonly dtype: string;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
}

/** Header of a safetensors file. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors in the order of their bytes. */
  readonly tensors: readonly TensorPlace[];
  /** Position of the data. */
  readonly dataAt: number;
}

/** Bytes per number of each known type. */
const sizes: Readonly<Record<string, number>> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, C64: 8, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
};

/** Largest size of a header in bytes, as in the format's reference library. */
const mostHeader = 100_000_000;

/** Name of the file's texts in its header, next to those of its tensors. */
export const metadataKey = "__metadata__";

const Entry = t.type({
  dtype: t.string,
  shape: t.array(t.Int),
  data_offsets: t.tuple([t.Int, t.Int]),
});

/** Names of the members of a JSON object in their order, including duplicates. */
const namesIn = (json: string): readonly string[] => {
  const names: string[] = [];
  let depth = 0;
  for (const [token, text] of json.matchAll(/"((?:[^"\\]|\\.)*)"(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}[\]]/g))
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && text !== undefined) names.push(JSON.parse(`"${text}"`) as string);
  return names;
};

type Refuse = (found: string, hint?: string) => RangeflowFailure;

const anotherFile = "it is another kind of file, or its start is damaged";

const entriesIn = (
  json: string,
  refuse: Refuse,
): readonly [metadata: Readonly<Record<string, string>>, tensors: readonly TensorPlace[]] => {
  let header: unknown;
  try {
    header = JSON.parse(json);
  } catch (error) {
    throw refuse(`a header that is not JSON (${reasonOf(error)})`, anotherFile);
  }
  if (!t.UnknownRecord.is(header) || Array.isArray(header))
    throw refuse("a header that is not a JSON object", anotherFile);
  const names = namesIn(json);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw refuse(`two tensors named ${twice}`, "write it again");
  const { [metadataKey]: texts = {}, ...entries } = header;
  if (!t.record(t.string, t.string).is(texts))
    throw refuse(`${metadataKey} that is not a map of strings`, "write it again");
  const tensors = Object.entries(entries).map(([name, entry]): TensorPlace => {
    if (!Entry.is(entry))
      throw refuse(`tensor ${name} without a dtype, a shape and two data_offsets`, "write it again");
    const [from, to] = entry.data_offsets;
    return { name, dtype: entry.dtype, shape: entry.shape, from, to };
  });
  return [texts, tensors];
};

/** Bytes of a tensor of a known type; undefined for an invalid shape. */
const bytesOf = ({ dtype, shape }: TensorPlace): number | undefined => {
  const size = Object.hasOwn(sizes, dtype) ? (sizes[dtype] as number) : 0;
  const count = shape.reduce((product, side) => (side < 0 ? Number.NaN : product * side), size);
  return Number.isSafeInteger(count) ? count : undefined;
};

/** Refuses tensors that are not contiguous, or do not cover the data. */
const checkPlaces = (tensors: readonly TensorPlace[], dataBytes: number, refuse: Refuse): void => {
  let end = 0;
  let last = "the header";
  for (const place of tensors) {
    const { name, dtype, shape, from, to } = place;
    const found = `bytes ${from} to ${to} for tensor ${name}`;
    const expected = bytesOf(place);
    if (expected === undefined) throw refuse(`tensor ${name} of shape ${shapeText(shape)}`, "write it again");
    if (from < 0 || to < from) throw refuse(found, "write it again");
    if (Object.hasOwn(sizes, dtype) && to - from !== expected)
      throw refuse(`${found}, which has ${expected} as ${dtype} of ${shapeText(shape)}`, "write it again");
    if (from < end) throw refuse(`${found}, which overlap with those of ${last}`, "write it again");
    if (from > end) throw refuse(`a gap of ${from - end} bytes before tensor ${name}`, "write it again");
    if (to > dataBytes)
      throw refuse(`${found}, where the file has ${dataBytes}`, "it is truncated, use a complete one");
    end = to;
    last = name;
  }
  if (end !== dataBytes) throw refuse(`${dataBytes - end} bytes after the last tensor`, "write it again");
};

/**
 * Reads the header of a safetensors file from any source, and checks it before any tensor is read.
 *
 * @param where the file, for messages
 * @param size size of the file in bytes
 * @param read returns a range of bytes
 * @param what what it should be, for messages
 * @throws `RangeflowFailure` if it is no safetensors file, or tensors are not where it says
 */
export const readHeader = (
  where: string,
  size: number,
  read: (from: number, to: number) => Uint8Array,
  what = "a whole safetensors file",
): SafetensorsHeader => {
  const refuse: Refuse = (found, hint) => new RangeflowFailure(problem(where, found, what, hint));
  if (size < 8) throw refuse(`${size} bytes`, anotherFile);
  const start = read(0, 8);
  const length = new DataView(start.buffer, start.byteOffset, 8).getBigUint64(0, true);
  if (length > BigInt(mostHeader)) throw refuse(`a header of ${length} bytes, more than 100 MB`, anotherFile);
  if (length > BigInt(size - 8))
    throw refuse(`a header of ${length} bytes in a file of ${size}`, anotherFile);
  const dataAt = 8 + Number(length);
  const [metadata, unsorted] = entriesIn(new TextDecoder().decode(read(8, dataAt)), refuse);
  const tensors = unsorted.toSorted((a, b) => a.from - b.from || a.to - b.to);
  checkPlaces(tensors, size - dataAt, refuse);
  return { metadata, tensors, dataAt };
};
