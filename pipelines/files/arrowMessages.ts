/**
 * @file Checks Arrow messages before they are decoded. Lengths that point outside a message, or exceed its content, are refused here, so
 *   that the decoder neither reads elsewhere nor loops over missing data.
 *
 *     message     -1, length of the metadata, metadata (a flatbuffer), body; after the last one -1, 0
 *     flatbuffer  tables of fields, each found by its number; vectors begin with their length
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#encapsulated-message-format and format/Message.fbs, format/Schema.fbs
 */

/** Position of a table's field, or a vector's element, in the metadata. */
export type Place = number;

const isWhole = (x: bigint, most: number): boolean => x >= 0n && x <= BigInt(most);

/** Reads the metadata of a message. Access outside of it is a `RangeError`. */
export class Metadata {
  readonly #view: DataView;
  /** Number of positions that may still be visited. Tables that share parts or contain each other would never end. */
  #left: number;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left = bytes.byteLength;
  }

  root(): Place {
    return this.#view.getUint32(0, true);
  }

  /** Field `n` of a table; undefined if it is left out. */
  field(table: Place, n: number): Place | undefined {
    const layout = table - this.#view.getInt32(table, true);
    if (4 + 2 * n + 2 > this.#view.getUint16(layout, true)) return undefined;
    const offset = this.#view.getUint16(layout + 4 + 2 * n, true);
    return offset === 0 ? undefined : table + offset;
  }

  /** Position that a field points to. */
  target(at: Place): Place {
    if (--this.#left < 0) throw new RangeError("metadata that hold themselves");
    return at + this.#view.getUint32(at, true);
  }

  /** The elements of a vector, each of `size` bytes. */
  elements(at: Place | undefined, size: number): readonly Place[] {
    if (at === undefined) return [];
    const start = this.target(at);
    const length = this.#view.getUint32(start, true);
    if (length * size > this.#view.byteLength - start - 4)
      throw new RangeError(`a list of ${length} elements in ${this.#view.byteLength} bytes`);
    return Array.from({ length }, (_, i) => start + 4 + size * i);
  }

  byte(at: Place | undefined): number {
    return at === undefined ? 0 : this.#view.getUint8(at);
  }

  int(at: Place): number {
    return this.#view.getInt32(at, true);
  }

  long(at: Place | undefined): bigint {
    return at === undefined ? 0n : this.#view.getBigInt64(at, true);
  }
}

const checkTexts = (metadata: Metadata, pairs: Place | undefined): void => {
  for (const pair of metadata.elements(pairs, 4))
    for (const n of [0, 1]) metadata.elements(metadata.field(metadata.target(pair), n), 1);
};

const deepest = 8;

const checkField = (metadata: Metadata, field: Place, depth: number): void => {
  if (depth > deepest) throw new RangeError(`fields in each other more than ${deepest} deep`);
  metadata.elements(metadata.field(field, 0), 1);
  for (const child of metadata.elements(metadata.field(field, 5), 4))
    checkField(metadata, metadata.target(child), depth + 1);
  checkTexts(metadata, metadata.field(field, 6));
};

const checkSchema = (metadata: Metadata, schema: Place): void => {
  for (const field of metadata.elements(metadata.field(schema, 1), 4))
    checkField(metadata, metadata.target(field), 0);
  checkTexts(metadata, metadata.field(schema, 2));
  metadata.elements(metadata.field(schema, 3), 8);
};

/** Largest number of rows in a compressed batch, whose body may be far smaller than its content. */
const mostCompressedRows = 2 ** 28;

/** Row counts may not exceed the number of bits in the body, and buffers must lie within it. */
const checkBatch = (metadata: Metadata, batch: Place, bodyLength: number, mayCompress: boolean): void => {
  const check = (isGood: boolean, what: string): void => {
    if (!isGood) throw new RangeError(`${what} in a message of ${bodyLength} bytes`);
  };
  const isCompressed = metadata.field(batch, 3) !== undefined;
  if (isCompressed && !mayCompress) throw new RangeError("a message that is compressed");
  const most = isCompressed ? mostCompressedRows : 8 * bodyLength;
  const rows = metadata.long(metadata.field(batch, 0));
  check(isWhole(rows, most), `${rows} rows`);
  for (const node of metadata.elements(metadata.field(batch, 1), 16)) {
    const [length, nulls] = [metadata.long(node), metadata.long(node + 8)];
    check(isWhole(length, most), `a column of ${length} elements`);
    check(isWhole(nulls, Number(length)), `a column of ${nulls} elements that are null`);
  }
  for (const buffer of metadata.elements(metadata.field(batch, 2), 16)) {
    const [offset, length] = [metadata.long(buffer), metadata.long(buffer + 8)];
    const isInside = isWhole(offset, bodyLength) && isWhole(length, bodyLength - Number(offset));
    check(isInside, `${length} bytes from ${offset} on`);
  }
  metadata.elements(metadata.field(batch, 4), 8);
};

const kinds = { schema: 1, dictionary: 2, batch: 3 };

/** Checks a message and returns the length of its body. */
const checkMessage = (bytes: Uint8Array, bodyAt: number, isFirst: boolean, mayCompress: boolean): number => {
  const metadata = new Metadata(bytes.subarray(8, bodyAt));
  const message = metadata.root();
  const kind = metadata.byte(metadata.field(message, 1));
  const header = metadata.field(message, 2);
  const bodyLength = metadata.long(metadata.field(message, 3));
  if (!isWhole(bodyLength, bytes.length - bodyAt)) throw new RangeError(`a body of ${bodyLength} bytes`);
  if (header === undefined || isFirst !== (kind === kinds.schema))
    throw new RangeError(`a message of kind ${kind}`);
  const at = metadata.target(header);
  if (kind === kinds.schema) checkSchema(metadata, at);
  else if (kind === kinds.batch) checkBatch(metadata, at, Number(bodyLength), mayCompress);
  else if (kind === kinds.dictionary) {
    const data = metadata.field(at, 1);
    if (data === undefined) throw new RangeError("a dictionary without values");
    checkBatch(metadata, metadata.target(data), Number(bodyLength), mayCompress);
  } else throw new RangeError(`a message of kind ${kind}`);
  checkTexts(metadata, metadata.field(message, 4));
  return Number(bodyLength);
};

/** Metadata of a message that starts at `at`. */
const metadataAt = (
  bytes: Uint8Array,
  at: number,
): { readonly length: number; readonly metadata: Metadata } => {
  const length = new DataView(bytes.buffer, bytes.byteOffset + at).getInt32(4, true);
  return { length, metadata: new Metadata(bytes.subarray(at + 8, at + 8 + length)) };
};

/** Length of the body that belongs to a message with this metadata. */
export const bodyLength = (bytes: Uint8Array): bigint => {
  const metadata = new Metadata(bytes);
  return metadata.long(metadata.field(metadata.root(), 3));
};

/**
 * Dictionary messages in a piece of a stream, by dictionary number.
 *
 * @param piece complete messages that `checkedMessages` has passed
 */
export const dictionariesIn = (piece: Uint8Array): ReadonlyMap<bigint, Uint8Array> => {
  const found = new Map<bigint, Uint8Array>();
  for (let at = 0; at < piece.length; ) {
    const { length, metadata } = metadataAt(piece, at);
    if (length === 0) break;
    const message = metadata.root();
    const end = at + 8 + length + Number(metadata.long(metadata.field(message, 3)));
    if (metadata.byte(metadata.field(message, 1)) === kinds.dictionary) {
      const header = metadata.target(metadata.field(message, 2)!);
      found.set(metadata.long(metadata.field(header, 0)), piece.subarray(at, end));
    }
    at = end;
  }
  return found;
};

/** Codecs of compressed messages, by number. */
const arrowCodecs = ["LZ4", "ZSTD"] as const;
export type ArrowCodec = (typeof arrowCodecs)[number];

/** The codec of a message with columns, if it is compressed; undefined for other messages. */
export const columnsIn = (message: Uint8Array): { readonly codec: ArrowCodec | undefined } | undefined => {
  const { metadata } = metadataAt(message, 0);
  const root = metadata.root();
  const kind = metadata.byte(metadata.field(root, 1));
  const header = metadata.field(root, 2);
  if (header === undefined || kind === kinds.schema) return undefined;
  const data = kind === kinds.dictionary ? metadata.field(metadata.target(header), 1) : header;
  const compression = data === undefined ? undefined : metadata.field(metadata.target(data), 3);
  if (compression === undefined) return { codec: undefined };
  return { codec: arrowCodecs[metadata.byte(metadata.field(metadata.target(compression), 0))] };
};

/**
 * Passes on pieces of an Arrow stream, each of complete messages, after checking all of them.
 *
 * @param mayCompress whether bodies may be compressed; Rangeflow's never are
 * @throws `RangeError` at the first message with impossible lengths
 */
export function* checkedMessages(pieces: Iterable<Uint8Array>, mayCompress = false): Generator<Uint8Array> {
  let isFirst = true;
  let hasEnded = false;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const bytes = piece.subarray(at);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (hasEnded || view.getInt32(0, true) !== -1) throw new RangeError("bytes that are not a message");
      const length = view.getInt32(4, true);
      hasEnded = length === 0;
      if (length < 0 || length > bytes.length - 8) throw new RangeError(`metadata of ${length} bytes`);
      at += 8 + length + (hasEnded ? 0 : checkMessage(bytes, 8 + length, isFirst, mayCompress));
      isFirst = false;
    }
    yield piece;
  }
}
