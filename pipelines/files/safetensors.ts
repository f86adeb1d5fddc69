/**
 * @file Safetensors: named float32 tensors and a map of texts in one file, with a checksum over all of it.
 *
 *     8 bytes    length of the header, little-endian
 *     header     JSON: {"__metadata__": {"sha256": .., ..}, "name": {"dtype": "F32", "shape": [..], "data_offsets": [a, b]}, ..}
 *     data       the tensors in the order of their names, float32, little-endian
 *
 * The checksum is the first text of the header, so it always has the same place; it covers every byte of the file but its own
 * 64 digits, which count as zeros. Other programs see one more text.
 *
 * @see https://huggingface.co/docs/safetensors
 */
import { createHash } from "node:crypto";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { type Shape, shapeText, sizeOf } from "../../core/tensor.ts";
import { reasonOf } from "./fileErrors.ts";
import { openRegular, readRegular } from "./regularFile.ts";

/** Float32 numbers with their shape, as a file holds them. */
export interface SavedTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

const metadataKey = "__metadata__";
const beforeDigest = `{"${metadataKey}":{"sha256":"`;
const noDigest = "0".repeat(64);
const digestAt = 8 + beforeDigest.length;

/** The names in the order in which tensors are stored and hashed: by UTF-16 code units, as `sort` has it. */
export const sortedNames = (tensors: ReadonlyMap<string, SavedTensor>): readonly string[] =>
  [...tensors.keys()].sort();

/** The bytes of an array of numbers, without a copy. */
export const bytesOf = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The sha256 of a file's parts, with zeros in the place of the digest itself. */
const digestOf = (start: Uint8Array, rest: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  hash.update(start.subarray(0, digestAt));
  hash.update(noDigest);
  hash.update(start.subarray(digestAt + noDigest.length));
  for (const part of rest) hash.update(part);
  return hash.digest("hex");
};

/** One member of a JSON object. Objects of JavaScript do not keep the order of keys such as "10", so it is put together as text. */
const member = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`;

/**
 * The parts of a safetensors file, to be written one after the other.
 *
 * @param metadata texts of any kind, without a `sha256`, which is added
 */
export const encodeSafetensors = ({ metadata, tensors }: Safetensors): readonly Uint8Array[] => {
  const names = sortedNames(tensors);
  let end = 0;
  const entries = names.map((name) => {
    const { shape, data } = tensors.get(name)!;
    const begin = end;
    end += data.byteLength;
    return member(name, { dtype: "F32", shape, data_offsets: [begin, end] });
  });
  const texts = Object.entries(metadata).map(([name, text]) => member(name, text));
  const first = [`${beforeDigest}${noDigest}"`, ...texts].join(",");
  const header = `${[`${first}}`, ...entries].join(",")}}`;
  const text = new TextEncoder().encode(header);
  const start = new Uint8Array(8 + Math.ceil(text.length / 8) * 8).fill(0x20);
  start.set(text, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - 8), true);
  const rest = names.map((name) => bytesOf(tensors.get(name)!.data));
  start.set(new TextEncoder().encode(digestOf(start, rest)), digestAt);
  return [start, ...rest];
};

const Entry = t.type({
  dtype: t.literal("F32"),
  shape: t.array(t.Int),
  data_offsets: t.tuple([t.Int, t.Int]),
});

const Header = t.intersection([
  t.type({ [metadataKey]: t.record(t.string, t.string) }),
  t.record(t.string, t.unknown),
]);

const foreign = "it is another kind of file, or its start is damaged";

type Refuse = (found: string, hint: string) => RangeflowFailure;

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString("latin1");

/** The header as JSON has it, and where the data begin. */
const headerOf = (
  bytes: Uint8Array,
  refuse: Refuse,
): readonly [header: t.TypeOf<typeof Header>, dataAt: number] => {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) throw refuse(`a header of ${length} bytes`, foreign);
  const dataAt = 8 + Number(length);
  let header: unknown;
  try {
    header = JSON.parse(Buffer.from(bytes.subarray(8, dataAt)).toString("utf8"));
  } catch (error) {
    throw refuse(`a header that is no JSON (${reasonOf(error)})`, foreign);
  }
  if (!Header.is(header)) throw refuse(`a header without a map of texts as ${metadataKey}`, foreign);
  return [header, dataAt];
};

/** Whether the bytes say that they are one of these files. */
const begins = (bytes: Uint8Array): boolean => ascii(bytes, 8, digestAt) === beforeDigest;

/**
 * Reads what `encodeSafetensors` wrote; a bit that changed anywhere is found.
 *
 * @param where the file, for the sentence
 * @throws `RangeflowFailure` if the file was not written by Rangeflow, or is not whole
 */
export const decodeSafetensors = (where: string, bytes: Uint8Array): Safetensors => {
  const refuse: Refuse = (found, hint) =>
    new RangeflowFailure(problem(where, found, "a whole safetensors file written by Rangeflow", hint));
  if (!begins(bytes)) throw refuse(`${bytes.length} bytes without a checksum`, foreign);
  const digest = ascii(bytes, digestAt, digestAt + noDigest.length);
  if (digestOf(bytes, []) !== digest)
    throw refuse(
      "contents that do not match their checksum",
      "it is damaged or truncated, take an earlier one",
    );
  const [{ [metadataKey]: texts, ...entries }, dataAt] = headerOf(bytes, refuse);
  const named = Object.entries(entries).map(([name, entry]) => {
    if (!Entry.is(entry)) throw refuse(`tensor ${name} that is not float32`, foreign);
    const [from, to] = entry.data_offsets;
    return { name, shape: entry.shape, from, to };
  });
  const tensors = new Map<string, SavedTensor>();
  let end = 0;
  for (const { name, shape, from, to } of named.sort((a, b) => a.from - b.from || a.to - b.to)) {
    if (shape.some((side) => side < 0) || from !== end || to - from !== 4 * sizeOf(shape))
      throw refuse(`bytes ${from} to ${to} for tensor ${name} of ${shapeText(shape)}`, foreign);
    if (dataAt + to > bytes.length) throw refuse(`${bytes.length} bytes for ${dataAt + to}`, foreign);
    tensors.set(name, { shape, data: new Float32Array(bytes.slice(dataAt + from, dataAt + to).buffer) });
    end = to;
  }
  if (dataAt + end !== bytes.length)
    throw refuse(`${bytes.length - dataAt - end} bytes behind the tensors`, foreign);
  const { sha256: _, ...metadata } = texts;
  return { metadata, tensors };
};

/**
 * Reads a file that `encodeSafetensors` wrote; another one is refused by its start.
 *
 * @param what it should be, for the sentence
 * @throws `RangeflowFailure` as `decodeSafetensors`, or if there is no such file
 */
export const readSafetensors = (path: string, what: string): Safetensors => {
  const { read, close } = openRegular(path, what);
  let start: Uint8Array;
  try {
    start = read(0, digestAt + noDigest.length);
  } finally {
    close();
  }
  return decodeSafetensors(path, begins(start) ? readRegular(path, what) : start);
};

/**
 * The texts of a file alone, without its tensors: a look that costs the same however large they are. Neither they nor the checksum are read,
 * but a file that ends before them is refused.
 *
 * @param what it should be, for the sentence
 * @throws `RangeflowFailure` if the file was not written by Rangeflow, or is cut
 */
export const readTexts = (path: string, what: string): Safetensors["metadata"] => {
  const { read, close, size } = openRegular(path, what);
  try {
    const refuse: Refuse = (found, hint) =>
      new RangeflowFailure(problem(path, found, "a whole safetensors file written by Rangeflow", hint));
    const start = read(0, digestAt + noDigest.length);
    if (start.length < digestAt + noDigest.length || !begins(start))
      throw refuse(`${size} bytes without a checksum`, foreign);
    const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true));
    if (length > size - 8) throw refuse(`a header of ${length} bytes in ${size}`, foreign);
    const [{ [metadataKey]: texts, ...entries }, dataAt] = headerOf(read(0, 8 + length), refuse);
    const ends = Object.values(entries).map((entry) => (Entry.is(entry) ? entry.data_offsets[1] : 0));
    const end = dataAt + Math.max(0, ...ends);
    if (size !== end)
      throw refuse(`${size} bytes for ${end}`, "it is damaged or truncated, take an earlier one");
    return texts!;
  } finally {
    close();
  }
};
