/**
 * @file TensorBoard events: the fields of event.proto, summary.proto, histogram.proto and tensor.proto that contain statistics.
 *
 *     Event        step 2, summary 5, session_log 7 (status 1)                                  Summary  value 1
 *     Value        tag 1, simple_value 2, histo 5, tensor 8, metadata 9 (plugin_data 1 (plugin_name 1))
 *     Histogram    min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7
 *     Tensor       dtype 1 (float 1, double 2), tensor_shape 2 (dim 2 (size 1)), tensor_content 4, float_val 5, double_val 6
 *
 * @see https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** A TensorBoard histogram. */
export interface EventHistogram {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper bounds of the buckets, and their counts. */
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

/** A tensor of floats, row-major. */
export interface EventTensor {
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
}

/** A value of an event: a number, a histogram, a tensor, or something else, such as a picture. */
export interface EventValue {
  readonly tag: string;
  readonly scalar?: number;
  readonly histogram?: EventHistogram;
  /** Only for tensors with more than one element. */
  readonly tensor?: EventTensor;
  /** TensorBoard plugin that it belongs to, which the first value of a tag states. */
  readonly plugin?: string;
  /** Message of the plugin, in its own format; only written. */
  readonly content?: Uint8Array;
}

/** An event with its values for a step. */
export interface SummaryEvent {
  readonly step: number;
  readonly values: readonly EventValue[];
}

type Field = (reader: BinaryReader, wire: WireType) => void;

/** Reads the fields of a message that have a function, by field number. */
const readFields = (bytes: Uint8Array, fields: Readonly<Record<number, Field>>): void => {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = fields[number];
    if (field === undefined) reader.skip(wire, number);
    else field(reader, wire);
  }
};

/** Adds the numbers of a repeated field, which are separate or packed. */
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

/** Dimensions of a tensor. */
const shapeIn = (bytes: Uint8Array): readonly number[] => {
  const shape: number[] = [];
  const dimension = (of: Uint8Array): void =>
    readFields(of, { 1: (reader) => shape.push(Number(reader.int64())) });
  readFields(bytes, { 2: (reader) => dimension(reader.bytes()) });
  return shape;
};

/** Floats that are stored as bytes. */
const floatsIn = (content: Uint8Array, size: 4 | 8): readonly number[] => {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  return Array.from({ length: content.length / size }, (_, i) =>
    size === 4 ? view.getFloat32(4 * i, true) : view.getFloat64(8 * i, true),
  );
};

/** A tensor of floats or doubles; undefined if it has another type. */
const tensorIn = (bytes: Uint8Array): EventTensor | undefined => {
  const numbers: number[] = [];
  let [size, content, shape]: [4 | 8 | undefined, Uint8Array, readonly number[]] = [
    undefined,
    new Uint8Array(),
    [],
  ];
  readFields(bytes, {
    1: (reader) => {
      size = dtypes[reader.int32()];
    },
    2: (reader) => {
      shape = shapeIn(reader.bytes());
    },
    4: (reader) => {
      content = reader.bytes();
    },
    5: addNumbers(numbers, float),
    6: addNumbers(numbers, double),
  });
  if (size === undefined || content.length % size !== 0) return undefined;
  return { shape, numbers: content.length > 0 ? floatsIn(content, size) : numbers };
};

/** The plugin in metadata. */
const pluginIn = (bytes: Uint8Array): string => {
  let name = "";
  const plugin = (of: Uint8Array): void =>
    readFields(of, {
      1: (reader) => {
        name = reader.string();
      },
    });
  readFields(bytes, { 1: (reader) => plugin(reader.bytes()) });
  return name;
};

const valueIn = (bytes: Uint8Array): EventValue => {
  const found: { -readonly [K in keyof EventValue]: EventValue[K] } = { tag: "" };
  const addTensor = (tensor: EventTensor | undefined): void => {
    if (tensor?.numbers.length === 1) found.scalar = tensor.numbers[0] as number;
    else if (tensor !== undefined) found.tensor = tensor;
  };
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
    8: (reader) => addTensor(tensorIn(reader.bytes())),
    9: (reader) => {
      found.plugin = pluginIn(reader.bytes());
    },
  });
  return found;
};

/** The event in a record. @throws if its bytes are invalid */
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

const startStatus = 1;

/**
 * Step of an event that records a start of the process (`SessionLog.START`); undefined for any other event. @throws if its bytes are
 * invalid
 */
export const startStep = (record: Uint8Array): number | undefined => {
  let [step, status] = [0, 0];
  const sessionLog = (bytes: Uint8Array): void =>
    readFields(bytes, {
      1: (reader) => {
        status = reader.int32();
      },
    });
  readFields(record, {
    2: (reader) => {
      step = Number(reader.int64());
    },
    7: (reader) => sessionLog(reader.bytes()),
  });
  return status === startStatus ? step : undefined;
};
