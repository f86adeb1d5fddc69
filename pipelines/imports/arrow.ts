/**
 * @file Arrow IPC, as a file (also known as Feather version 2) or a stream. Both are read message by message, so that at most one batch
 *   is in memory.
 */
import { setImmediate } from "node:timers/promises";
import {
  type Codec,
  CompressionType,
  compressionRegistry,
  type Data,
  type RecordBatch,
  RecordBatchReader,
  type RecordBatchStreamReader,
} from "apache-arrow";
import { arrowFooter } from "../files/arrowFooter.ts";
import { bodyLength, checkedMessages, columnsIn } from "../files/arrowMessages.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import { flagsIn, type KnownDictionary, listsIn, numbersIn, textsIn } from "./arrowColumns.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { ColumnarBatches } from "./columnarBatch.ts";
import { unpackedLz4 } from "./lz4Frame.ts";
import { zstandardFor } from "./parquetCompressors.ts";
import type { Format, Reading } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import { tableLayout } from "./tableLayout.ts";
import { undecodable } from "./undecodable.ts";

const mark = "ARROW1";
const headLength = 8;
const footerTail = 10;

const isMark = (bytes: Uint8Array): boolean => Buffer.from(bytes).toString("latin1") === mark;

const cut = (path: string, what: string): Error =>
  failure(path, what, "a complete file", "the file may be truncated, copy it again");

/** The messages of a file, by its footer. */
function* fileMessages(path: string, file: RegularFile): Generator<Uint8Array> {
  const end = file.size - footerTail;
  const tail = file.read(Math.max(0, end), file.size);
  if (end < 2 * headLength || !isMark(tail.subarray(4)))
    throw failure(
      path,
      "an Arrow file without its footer",
      "a complete Arrow file",
      "the file may be truncated, copy it again",
    );
  const length = new DataView(tail.buffer, tail.byteOffset, 4).getUint32(0, true);
  if (length > end - headLength) throw new RangeError(`a footer of ${length} bytes`);
  const { schema, blocks } = arrowFooter(file.read(end - length, end));
  yield schema;
  for (const { from, to } of blocks) {
    if (!(from >= headLength && from < to && to <= end - length))
      throw cut(path, "an Arrow file whose footer names messages that are not in it");
    yield file.read(from, to);
  }
}

/** The messages of a stream. `unended` is called if the end mark is missing, because the stream may be truncated between two messages. */
function* streamMessages(path: string, file: RegularFile, unended: () => void): Generator<Uint8Array> {
  const within = "an Arrow stream that ends within a message";
  const to = file.size;
  for (let at = 0; at < to; ) {
    const head = file.read(at, at + headLength);
    if (head.length < headLength) throw cut(path, within);
    const length = new DataView(head.buffer, head.byteOffset, headLength).getInt32(4, true);
    if (length === 0) return;
    if (length < 0 || length > to - at) throw cut(path, within);
    const body = bodyLength(file.read(at + headLength, at + headLength + length));
    const end = at + headLength + length + Number(body);
    if (body < 0n || end > to) throw cut(path, within);
    yield file.read(at, end);
    at = end;
  }
  unended();
}

const messages = (path: string, file: RegularFile, unended: () => void): Iterable<Uint8Array> =>
  isMark(file.read(0, mark.length)) ? fileMessages(path, file) : streamMessages(path, file, unended);

/** Message for contents that cannot be decoded. */
const noTable = undecodable({
  found: "contents that are not an Arrow table",
  expected: "an Arrow IPC file or stream",
  hint: "columns of step and site have to be integers and texts",
});

const decoded = <T>(path: string, decode: () => T): T => {
  try {
    return decode();
  } catch (error) {
    throw noTable(path, error);
  }
};

/** Decompressor for the batches of a file; undefined if they are not compressed. */
const codecOf = async (
  path: string,
  file: RegularFile,
): Promise<readonly [CompressionType, Codec] | undefined> => {
  const codec = decoded(path, () => {
    for (const message of messages(path, file, () => {})) {
      const columns = columnsIn(message);
      if (columns !== undefined) return columns.codec;
    }
    return undefined;
  });
  if (codec === undefined) return undefined;
  if (codec === "LZ4") return [CompressionType.LZ4_FRAME, { decode: unpackedLz4 }];
  return [CompressionType.ZSTD, { decode: await zstandardFor(path) }];
};

/** The batches of a file. Errors while decoding are reported as faults of the file. */
function* recordBatches(path: string, file: RegularFile, unended: () => void): Generator<RecordBatch> {
  let reader: RecordBatchStreamReader;
  try {
    reader = RecordBatchReader.from(checkedMessages(messages(path, file, unended), true)).open();
    for (;;) {
      const { done, value } = reader.next();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw noTable(path, error);
  }
}

const readBatches = async (
  path: string,
  file: RegularFile,
  { columns, unused, unended, tookEpochs, take }: Reading,
): Promise<void> => {
  let batches: ColumnarBatches | undefined;
  const begin = (names: readonly string[]): ColumnarBatches => {
    const layout = tableLayout(path, names, columns, true);
    if (layout.hasEpochs) tookEpochs();
    return new ColumnarBatches(path, layout, unused);
  };
  const known = new Map<ByteTexts, KnownDictionary>();
  let firstRow = 1;
  for (const { schema, data, numRows: rows } of recordBatches(path, file, unended)) {
    const names = schema.fields.map(({ name }) => name);
    batches ??= begin(names);
    const dataOf = (column: number): Data => data.children[column] as Data;
    const wrong = (column: number, expected: string): Error =>
      failure(`${path}, column ${names[column]}`, `type ${dataOf(column).type}`, expected);
    const access = {
      rows,
      firstRow,
      numbers: (column: number) => {
        const found = decoded(path, () => numbersIn(dataOf(column), rows));
        if (found === undefined) throw wrong(column, "integers or floats");
        return found;
      },
      flags: (column: number) => {
        const found = decoded(path, () => flagsIn(dataOf(column), rows));
        if (found === undefined) throw wrong(column, "truth values");
        return found;
      },
      lists: (column: number) => {
        const found = decoded(path, () => listsIn(dataOf(column), rows));
        if (found === undefined) throw wrong(column, "lists of numbers");
        return found;
      },
      texts: (column: number, texts: ByteTexts) => {
        const found = decoded(path, () => textsIn(dataOf(column), rows, texts, known));
        if (found === undefined)
          throw wrong(column, "texts (utf8, large_utf8, utf8_view or a dictionary of them)");
        return found;
      },
    };
    for (const batch of batches.batches(access)) take(batch);
    firstRow += rows;
    await setImmediate();
  }
};

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  const file = openRegular(path, "an Arrow file");
  try {
    const codec = await codecOf(path, file);
    // The decoder has one registry of codecs for the whole process, so existing ones are kept.
    if (codec !== undefined && compressionRegistry.get(codec[0]) === null) compressionRegistry.set(...codec);
    await readBatches(path, file, reading);
  } finally {
    file.close();
  }
};

export const arrowFormat: Format = {
  name: "arrow",
  place: "row",
  hasColumns: true,
  isSeekable: true,
  help: "a table in Arrow IPC, a file (Feather) or a stream",
  matches: ({ head }) =>
    isMark(head.subarray(0, mark.length)) ||
    (head.length >= headLength && head.subarray(0, 4).every((byte) => byte === 255)),
  read,
};
