/**
 * @file Footers of Arrow files, which contain the schema and the positions of the batches. Not every writer puts the schema in front of
 *   the batches as in a stream (polars writes it without its frame, apache-arrow for JavaScript not at all), so files are read by their
 *   footers.
 *
 *     footer  version 0, schema 1, dictionaries 2, recordBatches 3
 *     block   offset, length of the metadata with its frame, length of the body
 *
 * @see https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format and format/File.fbs
 */
import { Metadata, type Place } from "./arrowMessages.ts";

/** Position of a message in its file. */
export interface Block {
  readonly from: number;
  readonly to: number;
}

export interface Footer {
  /** The schema as the first message of a stream. */
  readonly schema: Uint8Array;
  /** Dictionaries, followed by batches. */
  readonly blocks: readonly Block[];
}

const blockSize = 24;

/** A message for the schema in a footer: a frame, the position of a table, the layout of its fields, and the table. */
const schemaMessage = (footer: Uint8Array, schema: Place): Uint8Array => {
  const [frame, table, front] = [8, 16, 32];
  const length = Math.ceil((front + footer.length) / 8) * 8;
  const bytes = new Uint8Array(frame + length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, -1, true);
  view.setInt32(4, length, true);
  view.setUint32(frame, table, true);
  // Layout: 12 bytes for a table of 12; version at 8, kind of header at 10, header at 4, and no body.
  for (const [i, n] of [12, 12, 8, 10, 4, 0].entries()) view.setUint16(frame + 4 + 2 * i, n, true);
  view.setInt32(frame + table, table - 4, true);
  view.setUint32(frame + table + 4, front + schema - (table + 4), true);
  view.setInt16(frame + table + 8, 4, true);
  view.setUint8(frame + table + 10, 1);
  bytes.set(footer, frame + front);
  return bytes;
};

/**
 * Reads a footer.
 *
 * @throws `RangeError` if it points outside itself, or lacks a schema
 */
export const arrowFooter = (bytes: Uint8Array): Footer => {
  const metadata = new Metadata(bytes);
  const root = metadata.root();
  const schema = metadata.field(root, 1);
  if (schema === undefined) throw new RangeError("a footer without a schema");
  const blocksIn = (n: number): readonly Block[] =>
    metadata.elements(metadata.field(root, n), blockSize).map((at) => {
      const [offset, length] = [metadata.long(at), metadata.int(at + 8)];
      const from = Number(offset);
      return { from, to: from + length + Number(metadata.long(at + 16)) };
    });
  return { schema: schemaMessage(bytes, metadata.target(schema)), blocks: [...blocksIn(2), ...blocksIn(3)] };
};
