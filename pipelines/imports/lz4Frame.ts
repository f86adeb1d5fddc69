/**
 * @file Decompresses LZ4 frames, the default compression of Feather files in pyarrow and pandas. Packages for frames require native code
 *   or WebAssembly, and `hyparquet-compressors` handles independent blocks only, while those of a frame refer to each other.
 *
 *     frame  magic, flags, block size, [content size], [dictionary], checksum, blocks, 0, [checksum]
 *     block  length, whose highest bit says that it is stored uncompressed, contents, [checksum]
 *
 * Checksums are not verified.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 */

const magic = 0x184d2204;
const flags = { hasDictionary: 1, hasContentChecksum: 4, hasContentSize: 8, hasBlockChecksum: 16 };
const storedBit = 0x80000000;
const leastMatch = 4;
/** Largest array that all versions of Node support. */
const mostBytes = 2 ** 31 - 1;

/** Growing bytes, with copies from earlier positions. */
class Unpacked {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  add(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Appends bytes that start `distance` before the end. They may overlap with the appended ones. */
  repeat(distance: number, length: number): void {
    if (distance === 0 || distance > this.#length)
      throw new RangeError(`bytes from ${distance} in front of ${this.#length}`);
    this.#reserve(length);
    const from = this.#length - distance;
    // Copies in pieces that double in length.
    for (let done = 0; done < length; ) {
      const piece = Math.min(length - done, distance + done);
      this.#bytes.copyWithin(this.#length + done, from, from + piece);
      done += piece;
    }
    this.#length += length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed > mostBytes) throw new RangeError(`more than ${mostBytes} bytes`);
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.min(Math.max(needed, 2 * this.#bytes.length), mostBytes));
    larger.set(this.bytes);
    this.#bytes = larger;
  }
}

/** Appends the contents of a block: alternating literals and repetitions, ending with literals. */
const unpackBlock = (block: Uint8Array, into: Unpacked): void => {
  let at = 0;
  const byte = (): number => {
    const value = block[at++];
    if (value === undefined) throw new RangeError(`a block that ends at ${block.length}`);
    return value;
  };
  const length = (short: number): number => {
    let whole = short;
    for (let more = short === 15 ? 255 : 0; more === 255; whole += more) more = byte();
    return whole;
  };
  while (at < block.length) {
    const token = byte();
    const literals = length(token >> 4);
    if (literals > block.length - at) throw new RangeError(`${literals} bytes of a block that has fewer`);
    into.add(block.subarray(at, at + literals));
    at += literals;
    if (at === block.length) return;
    const distance = byte() + 256 * byte();
    into.repeat(distance, leastMatch + length(token & 15));
  }
};

/**
 * Decompresses a frame.
 *
 * @throws `RangeError` if the frame is incomplete, refers to missing data, or contains 2 GB or more
 */
export const unpackedLz4 = (frame: Uint8Array): Uint8Array => {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const flag = view.getUint8(4);
  if (view.getUint32(0, true) !== magic || flag >> 6 !== 1)
    throw new RangeError("bytes that are not an LZ4 frame");
  if ((flag & flags.hasDictionary) !== 0) throw new RangeError("an LZ4 frame with a dictionary");
  const into = new Unpacked(4 * frame.length);
  let at = (flag & flags.hasContentSize) === 0 ? 7 : 15;
  for (;;) {
    const size = view.getUint32(at, true);
    at += 4;
    if (size === 0) return into.bytes;
    const length = size % storedBit;
    if (length > frame.length - at) throw new RangeError(`a block of ${length} bytes`);
    const block = frame.subarray(at, at + length);
    if (size >= storedBit) into.add(block);
    else unpackBlock(block, into);
    at += length + ((flag & flags.hasBlockChecksum) === 0 ? 0 : 4);
  }
};
