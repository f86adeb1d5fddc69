/**
 * @file Arrow IPC, as a file (also called Feather version 2) or a stream. A file is a stream between its mark and its footer, and is read as one,
 * message by message, so that no more of it is in memory than one of its batches.
 */
import { setImmediate } from "node:timers/promises";
import {
  type Data,
  DataType,
  type RecordBatch,
  RecordBatchReader,
  type RecordBatchStreamReader,
  type Vector,
} from "apache-arrow";
import { RangeflowFailure } from "../../core/errors.ts";
import { float16 } from "../../core/float16.ts";
import { bodyLength, checkedMessages } from "../files/arrowMessages.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { openRegular, type RegularFile } from "../files/regularFile.ts";
import type { ByteTexts } from "./byteTexts.ts";
import { ColumnarBatches } from "./columnarBatch.ts";
import type { Format, Reading } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import type { StatisticColumn } from "./statisticBatch.ts";
import { tableLayout } from "./tableLayout.ts";

const mark = "ARROW1";
const headLength = 8;
const footerTail = 10;

const isMark = (bytes: Uint8Array): boolean => Buffer.from(bytes).toString("latin1") === mark;

/** Where the messages of a file begin and end. @throws `RangeflowFailure` if it is a file that does not end as one */
const messagesOf = (path: string, file: RegularFile): readonly [from: number, to: number] => {
  if (!isMark(file.read(0, mark.length))) return [0, file.size];
  const tail = file.read(file.size - footerTail, file.size);
  if (file.size < 2 * headLength + footerTail || !isMark(tail.subarray(4)))
    throw failure(
      path,
      "an Arrow file without its footer",
      "a whole Arrow file",
      "the file may be cut, copy it again",
    );
  const footer = new DataView(tail.buffer, tail.byteOffset, 4).getUint32(0, true);
  return [headLength, Math.max(headLength, file.size - footerTail - footer)];
};

/** The messages of a file, one by one; `unended` is called for a stream without the mark of its end, which may be cut between two of them. */
function* messages(path: string, file: RegularFile, unended: () => void): Generator<Uint8Array> {
  const [from, to] = messagesOf(path, file);
  const cut = (): Error =>
    failure(
      path,
      "an Arrow stream that ends within a message",
      "a whole one",
      "the file may be cut, copy it again",
    );
  for (let at = from; at < to; ) {
    const head = file.read(at, at + headLength);
    if (head.length < headLength) throw cut();
    const length = new DataView(head.buffer, head.byteOffset, headLength).getInt32(4, true);
    if (length === 0) return;
    if (length < 0 || length > to - at) throw cut();
    const body = bodyLength(file.read(at + headLength, at + headLength + length));
    const end = at + headLength + length + Number(body);
    if (body < 0n || end > to) throw cut();
    yield file.read(at, end);
    at = end;
  }
  if (from === 0) unended();
}

const isGiven = ({ nullCount, nullBitmap }: Data, rows: number): Uint8Array => {
  const given = new Uint8Array(rows).fill(1);
  if (nullCount > 0 && nullBitmap !== undefined)
    for (let i = 0; i < rows; i++) given[i] = ((nullBitmap[i >> 3] as number) >> (i & 7)) & 1;
  return given;
};

/** Whole numbers of 64 bits as floats: exact up to 2^53, which no step or count reaches. */
const fromLong = (values: BigInt64Array | BigUint64Array, rows: number): Float64Array => {
  const floats = new Float64Array(rows);
  for (let i = 0; i < rows; i++) floats[i] = Number(values[i]);
  return floats;
};

const isLong = (values: unknown): values is BigInt64Array | BigUint64Array =>
  values instanceof BigInt64Array || values instanceof BigUint64Array;

/** A column as numbers; undefined if it is of another type. */
const numbersIn = (data: Data, rows: number): StatisticColumn | undefined => {
  const type: DataType = data.type;
  const values: unknown = data.values;
  if (DataType.isNull(type)) return { values: new Float64Array(rows), given: new Uint8Array(rows) };
  const given = isGiven(data, rows);
  if (!DataType.isInt(type) && !DataType.isFloat(type)) return undefined;
  if (isLong(values)) return { values: fromLong(values, rows), given };
  const floats = new Float64Array((values as Float64Array).subarray(0, rows));
  return {
    values: DataType.isFloat(type) && values instanceof Uint16Array ? floats.map(float16) : floats,
    given,
  };
};

/** A column of truth values, or of numbers of which 0 is false; undefined if it is of another type. */
const flagsIn = (data: Data, rows: number): Uint8Array | undefined => {
  if (!DataType.isBool(data.type)) {
    const numbers = numbersIn(data, rows);
    return (
      numbers && Uint8Array.from(numbers.values, (one, i) => Number(numbers.given[i] === 1 && one !== 0))
    );
  }
  const given = isGiven(data, rows);
  const values: Uint8Array = data.values;
  return given.map((one, i) => one & ((values[i >> 3] as number) >> (i & 7)));
};

/** Places of the texts of a dictionary, as long as it is the same. */
interface KnownDictionary {
  readonly vector: Vector;
  readonly places: Int32Array;
}

const placesIn = (vector: Vector, texts: ByteTexts): Int32Array =>
  Int32Array.from({ length: vector.length }, (_, i) => texts.ofText(String(vector.get(i) ?? "")));

/** Places of texts among the texts that were seen; undefined if a column is no text. */
const textsIn = (
  data: Data,
  rows: number,
  texts: ByteTexts,
  known: Map<ByteTexts, KnownDictionary>,
): Int32Array | undefined => {
  const type: DataType = data.type;
  const index = new Int32Array(rows);
  const given = isGiven(data, rows);
  const none = data.nullCount > 0 ? texts.ofText("") : 0;
  if (DataType.isDictionary(type) && data.dictionary !== undefined) {
    const vector = data.dictionary;
    const last = known.get(texts);
    const places = last?.vector === vector ? last.places : placesIn(vector, texts);
    known.set(texts, { vector, places });
    const indices: Int32Array = data.values;
    for (let i = 0; i < rows; i++) index[i] = given[i] === 1 ? (places[Number(indices[i])] ?? none) : none;
    return index;
  }
  if (!DataType.isUtf8(type) && !DataType.isLargeUtf8(type)) return undefined;
  const [bytes, offsets]: [Uint8Array, Int32Array | BigInt64Array] = [data.values, data.valueOffsets];
  for (let i = 0; i < rows; i++)
    index[i] = given[i] === 1 ? texts.of(bytes, Number(offsets[i]), Number(offsets[i + 1])) : none;
  return index;
};

/** The sentence of what cannot be decoded. */
const noTable = (path: string, error: unknown): Error => {
  if (error instanceof RangeflowFailure) return error;
  if (reasonOf(error).includes("compressed"))
    return failure(
      path,
      "compressed batches",
      "batches without compression",
      'write it with compression="uncompressed" (pyarrow.feather.write_feather compresses unless told), or as Parquet',
    );
  return failure(
    path,
    `contents that are no Arrow table (${reasonOf(error)})`,
    "an Arrow IPC file or stream",
    "columns of step and site have to be integers and texts (utf8, not views)",
  );
};

/** The batches of a file; what goes wrong here is its fault. */
function* recordBatches(path: string, file: RegularFile, unended: () => void): Generator<RecordBatch> {
  let reader: RecordBatchStreamReader;
  try {
    reader = RecordBatchReader.from(checkedMessages(messages(path, file, unended))).open();
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
  { columns, unused, unended, take }: Reading,
): Promise<void> => {
  let batches: ColumnarBatches | undefined;
  const known = new Map<ByteTexts, KnownDictionary>();
  let firstRow = 1;
  for (const { schema, data, numRows: rows } of recordBatches(path, file, unended)) {
    const names = schema.fields.map(({ name }) => name);
    batches ??= new ColumnarBatches(tableLayout(path, names, columns), unused);
    const dataOf = (column: number): Data => data.children[column] as Data;
    const wrong = (column: number, expected: string): Error =>
      failure(`${path}, column ${names[column]}`, `type ${dataOf(column).type}`, expected);
    const access = {
      rows,
      firstRow,
      numbers: (column: number) => {
        const found = numbersIn(dataOf(column), rows);
        if (found === undefined) throw wrong(column, "integers or floats");
        return found;
      },
      flags: (column: number) => {
        const found = flagsIn(dataOf(column), rows);
        if (found === undefined) throw wrong(column, "truth values");
        return found;
      },
      texts: (column: number, texts: ByteTexts) => {
        const found = textsIn(dataOf(column), rows, texts, known);
        if (found === undefined) throw wrong(column, "texts (utf8, large_utf8 or a dictionary of them)");
        return found;
      },
    };
    take(batches.batch(access));
    firstRow += rows;
    await setImmediate();
  }
};

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  const file = openRegular(path, "an Arrow file");
  try {
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
