/**
 * @file Safetensors: named float32 tensors and a map of texts in one file, with a checksum over all of it.
 *
 *     8 bytes    length of the header, little-endian
 *     header     JSON: {"__metadata__": {"sha256": .., ..}, "name": {"dtype": "F32", "shape": [..], "data_offsets": [a, b]}, ..}
 *     data       the tensors in the order of their names, float32, little-endian
 *
 * The checksum is the first text of the header, so its position is fixed. It covers every byte of the file; its own 64 digits count as
 * zeros. Other programs see one more text.
 *
 * @see https://huggingface.co/docs/safetensors
 */
import { createHash } from "node:crypto";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Shape } from "../../core/tensor.ts";
import { openRegular, readRegular } from "./regularFile.ts";
import { metadataKey, readHeader } from "./safetensorsHeader.ts";

/** Float32 numbers with their shape, as a file stores them. */
export interface SavedTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** Content of a safetensors file. */
export interface Safetensors {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, SavedTensor>;
}

const beforeDigest = `{"${metadataKey}":{"sha256":"`;
const noDigest = "0".repeat(64);
const digestAt = 8 + beforeDigest.length;

/** Names in the order in which tensors are stored and hashed: by UTF-16 code units, as `sort` does. */
export const sortedNames = (tensors: ReadonlyMap<string, SavedTensor>): readonly string[] =>
  [...tensors.keys()].sort();

/** The bytes of a Float32Array, without a copy. */
export const bytesOf = (data: Float32Array): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** SHA-256 of a file's parts, with zeros in place of the digest itself. */
const digestOf = (start: Uint8Array, rest: readonly Uint8Array[]): string => {
  const hash = createHash("sha256");
  hash.update(start.subarray(0, digestAt));
  hash.update(noDigest);
  hash.update(start.subarray(digestAt + noDigest.length));
  for (const part of rest) hash.update(part);
  return hash.digest("hex");
};

/** One member of a JSON object. Written as text, because JavaScript objects do not preserve the order of keys such as "10". */
const member = (name: string, value: unknown): string => `${JSON.stringify(name)}:${JSON.stringify(value)}`;

/**
 * The parts of a safetensors file, in the order in which to write them.
 *
 * @param metadata any texts except `sha256`, which is added
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

const foreign = "it is another kind of file, or its start is damaged";

const whole = "a whole safetensors file written by Rangeflow";

type Refuse = (found: string, hint: string) => RangeflowFailure;

const refusing =
  (where: string): Refuse =>
  (found, hint) =>
    new RangeflowFailure(problem(where, found, whole, hint));

const ascii = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.subarray(from, to)).toString("latin1");

/** Whether the bytes are the start of such a file. */
const begins = (bytes: Uint8Array): boolean => ascii(bytes, 8, digestAt) === beforeDigest;

/**
 * Reads what `encodeSafetensors` wrote. Any changed bit is found.
 *
 * @param where the file, for messages
 * @throws `RangeflowFailure` if the file was not written by Rangeflow, or is incomplete
 */
export const decodeSafetensors = (where: string, bytes: Uint8Array): Safetensors => {
  const refuse = refusing(where);
  if (!begins(bytes)) throw refuse(`${bytes.length} bytes without a checksum`, foreign);
  const digest = ascii(bytes, digestAt, digestAt + noDigest.length);
  if (digestOf(bytes, []) !== digest)
    throw refuse(
      "contents that do not match their checksum",
      "it is damaged or truncated, take an earlier one",
    );
  const header = readHeader(where, bytes.length, (from, to) => bytes.subarray(from, to), whole);
  const tensors = new Map<string, SavedTensor>();
  for (const { name, dtype, shape, from, to } of header.tensors) {
    if (dtype !== "F32") throw refuse(`tensor ${name} of type ${dtype}`, foreign);
    const data = bytes.slice(header.dataAt + from, header.dataAt + to);
    tensors.set(name, { shape, data: new Float32Array(data.buffer) });
  }
  const { sha256: _, ...metadata } = header.metadata;
  return { metadata, tensors };
};

/**
 * Reads a file that `encodeSafetensors` wrote. Other files are refused by their first bytes.
 *
 * @param what what it should be, for messages
 * @throws `RangeflowFailure` as `decodeSafetensors` does, or if there is no such file
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
 * Reads only the texts of a file, which takes the same time however large its tensors are. Neither tensors nor checksum are read, but a
 * file that ends before them is refused.
 *
 * @param what what it should be, for messages
 * @throws `RangeflowFailure` if the file was not written by Rangeflow, or is truncated
 */
export const readTexts = (path: string, what: string): Safetensors["metadata"] => {
  const { read, close, size } = openRegular(path, what);
  try {
    const start = read(0, digestAt + noDigest.length);
    if (start.length < digestAt + noDigest.length || !begins(start))
      throw refusing(path)(`${size} bytes without a checksum`, foreign);
    return readHeader(path, size, read, whole).metadata;
  } finally {
    close();
  }
};
