/**
 * @file Events of TensorBoard: the fields of event.proto, summary.proto, histogram.proto and tensor.proto that statistics are in.
 *
 *     Event        step 2, summary 5           Summary  value 1
 *     Value        tag 1, simple_value 2, histo 5, tensor 8
 *     Histogram    min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7
 *     Tensor       dtype 1 (float 1, double 2), tensor_shape 2, tensor_content 4, float_val 5, double_val 6
 *
 * @see https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A histogram of TensorBoard. */
export interface EventHistogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper ends of the buckets, and how many elements each has. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

/** A value of an event: a number, a histogram, or something else, such as a picture. */
export interface EventValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly histogram?: EventHistogram;
}

/** An event with what it says of its step. */
export interface SummaryEvent {
  readonly step: number;
  readonly values: readonly EventValue[];
}

type Field = (reader: BinaryReader, wire: WireType) => void;

/** Reads the fields of a message that there is a function for, by their numbers. */
const readFields = (bytes: Uint8Array, fields: Readonly<Record<number, Field>>): void => {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(wire, number);
    else field(reader, wire);
  }
};

/** Adds the numbers of a repeated field, which come one by one or packed. */
const addNumbers =
  (numbers: number[], one: (reader: BinaryReader) => number): Field =>
  (reader, wire) => {
    if (wire !== WireType.LengthDelimited) {
      numbers.push(one(reader));
      return;
    }
    const packed = new BinaryReader(reader.bytes());
    while (packed.pos < packed.len) numbers.push(one(packed));
  };

const double = (reader: BinaryReader): number => reader.double();
const float = (reader: BinaryReader): number => reader.float();

const histogramIn = (bytes: Uint8Array): EventHistogram => {
  const [limits, counts]: [number[], number[]] = [[], []];
  const found = { min: 0, max: 0, num: 0, sum: 0, sumSquares: 0 };
  const into =
    (name: keyof typeof found): Field =>
    (reader) => {
      found[name] = reader.double();
    };
  readFields(bytes, {
    1: into("min"),
    2: into("max"),
    3: into("num"),
    4: into("sum"),
    5: into("sumSquares"),
    6: addNumbers(limits, double),
    7: addNumbers(counts, double),
  });
  return { ...found, limits, counts };
};

const dtypes: Readonly<Record<number, 4 | 8>> = { 1: 4, 2: 8 };

/** The number that a tensor of one float or double is. */
const scalarIn = (bytes: Uint8Array): number | undefined => {
  const numbers: number[] = [];
  let [size, content]: [4 | 8 | undefined, Uint8Array] = [undefined, new Uint8Array()];
  readFields(bytes, {
    1: (reader) => {
      size = dtypes[reader.int32()];
    },
    4: (reader) => {
      content = reader.bytes();
    },
    5: addNumbers(numbers, float),
    6: addNumbers(numbers, double),
  });
  if (size === undefined) return undefined;
  if (content.length === size) {
    const view = new DataView(content.buffer, content.byteOffset, size);
    return size === 4 ? view.getFloat32(0, true) : view.getFloat64(0, true);
  }
  return content.length === 0 && numbers.length === 1 ? numbers[0] : undefined;
};

const valueIn = (bytes: Uint8Array): EventValue => {
  const found: { tag: string; scalar?: number; histogram?: EventHistogram } = { tag: "" };
  readFields(bytes, {
    1: (reader) => {
      found.tag = reader.string();
    },
    2: (reader) => {
      found.scalar = reader.float();
    },
    5: (reader) => {
      found.histogram = histogramIn(reader.bytes());
    },
    8: (reader) => {
      const scalar = scalarIn(reader.bytes());
      if (scalar !== undefined) found.scalar = scalar;
    },
  });
  return found;
};

/** The event that a record holds. @throws what its bytes are not */
export const summaryEvent = (record: Uint8Array): SummaryEvent => {
  const values: EventValue[] = [];
  let step = 0;
  const summary = (bytes: Uint8Array): void =>
    readFields(bytes, { 1: (reader) => values.push(valueIn(reader.bytes())) });
  readFields(record, {
    2: (reader) => {
      step = Number(reader.int64());
    },
    5: (reader) => summary(reader.bytes()),
  });
  return { step, values };
};
