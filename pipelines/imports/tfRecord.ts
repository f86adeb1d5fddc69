/**
 * @file TFRecord files: records with their lengths and checksums.
 *
 *     length (8 bytes)  masked CRC-32C of these 8  record  masked CRC-32C of the record        all little-endian
 *
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord
 */
import { failure, pieces } from "./source.ts";

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

/** CRC-32C (Castagnoli) of bytes. */
export const crc32c = (bytes: Uint8Array): number => {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++)
    crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
  return (crc ^ 0xffffffff) >>> 0;
};

const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;

const headLength = 12;
const tailLength = 4;

/** Length of the record at the start of some bytes; undefined if they are no start of a record. */
export const recordLength = (bytes: Uint8Array): number | undefined => {
  if (bytes.length < headLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, headLength);
  const length = view.getBigUint64(0, true);
  const isHead = masked(crc32c(bytes.subarray(0, 8))) === view.getUint32(8, true);
  return isHead && length < 2n ** 31n ? Number(length) : undefined;
};

/** A record as it stands in a file, between its length and its checksum. */
export const framed = (record: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(headLength + record.length + tailLength);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(record.length), true);
  view.setUint32(8, masked(crc32c(bytes.subarray(0, 8))), true);
  bytes.set(record, headLength);
  view.setUint32(headLength + record.length, masked(crc32c(record)), true);
  return bytes;
};

/**
 * Calls `take` with the records of a file and their numbers, from 1.
 *
 * @returns whether the file ends where a record does, which may not be so after a kill
 * @throws `RangeflowFailure` at the first record with a wrong checksum
 */
export const eachRecord = async (
  path: string,
  take: (record: Uint8Array, number: number) => void,
): Promise<boolean> => {
  let waiting: Uint8Array[] = [];
  let [length, wanted, number] = [0, headLength, 1];
  const damaged = (found: string): Error =>
    failure(
      `${path}, record ${number}`,
      found,
      "records as TensorBoard's writers make them",
      "the file is damaged, copy it again",
    );
  for await (const piece of pieces(path)) {
    waiting.push(piece);
    length += piece.length;
    if (length < wanted) continue;
    let rest: Uint8Array = waiting.length === 1 ? piece : Buffer.concat(waiting);
    for (;;) {
      wanted = headLength;
      if (rest.length < wanted) break;
      const size = recordLength(rest);
      if (size === undefined) throw damaged("a length that does not match its checksum");
      wanted = headLength + size + tailLength;
      if (rest.length < wanted) break;
      const record = rest.subarray(headLength, headLength + size);
      const sum = new DataView(rest.buffer, rest.byteOffset + headLength + size, tailLength).getUint32(
        0,
        true,
      );
      if (masked(crc32c(record)) !== sum) throw damaged("bytes that do not match their checksum");
      take(record, number++);
      rest = rest.subarray(wanted);
    }
    waiting = [rest];
    length = rest.length;
  }
  return length === 0;
};
