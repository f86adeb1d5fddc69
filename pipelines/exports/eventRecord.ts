/**
 * @file TensorBoard events as records of a file, the inverse of `imports/summaryEvent.ts`.
 *
 *     Event        wall_time 1, step 2, file_version 3, summary 5
 *     Summary      value 1
 *     Value        tag 1, simple_value 2, histo 5, metadata 9 (plugin_data 1 (plugin_name 1, content 2))
 *     Histogram    min 1, max 2, num 3, sum 4, sum_squares 5, bucket_limit 6, bucket 7
 *
 * @see https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { EventHistogram, EventValue, SummaryEvent } from "../imports/summaryEvent.ts";
import { framed } from "../imports/tfRecord.ts";
import { double, doubles, type Fields, message, text } from "./messageFields.ts";

const histogramFields =
  ({ min, max, num, sum, sumSquares, limits, counts }: EventHistogram): Fields =>
  (writer) => {
    for (const [i, value] of [min, max, num, sum, sumSquares].entries()) double(writer, i + 1, value);
    doubles(writer, 6, limits);
    doubles(writer, 7, counts);
  };

const valueFields =
  ({ tag, scalar, histogram, plugin, content = new Uint8Array() }: EventValue): Fields =>
  (writer) => {
    text(writer, 1, tag);
    if (scalar !== undefined) writer.tag(2, WireType.Bit32).float(Math.fround(scalar));
    if (histogram !== undefined) message(writer, 5, histogramFields(histogram));
    if (plugin !== undefined)
      message(writer, 9, () =>
        message(writer, 1, () => {
          text(writer, 1, plugin);
          writer.tag(2, WireType.LengthDelimited).bytes(content);
        }),
      );
  };

/** Records of one file. */
export interface EventRecords {
  /** The first record, which states the version of the file. */
  readonly version: (wallTime: number) => Uint8Array;
  /** The record of an event. Scalars are rounded to float32; numbers of histograms are float64. */
  readonly event: (wallTime: number, event: SummaryEvent) => Uint8Array;
}

/** Makes the records of a file in one buffer. Wall times are in seconds since 1970. */
export const eventRecords = (): EventRecords => {
  const writer = new BinaryWriter();
  return {
    version: (wallTime) => {
      double(writer, 1, wallTime);
      return framed(writer.tag(3, WireType.LengthDelimited).string("brain.Event:2").finish());
    },
    event: (wallTime, { step, values }) => {
      double(writer, 1, wallTime);
      writer.tag(2, WireType.Varint).int64(step);
      message(writer, 5, () => {
        for (const value of values) message(writer, 1, valueFields(value));
      });
      return framed(writer.finish());
    },
  };
};
