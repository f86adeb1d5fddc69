/** @file Fields of protobuf messages that are written. */
import { type BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** Writes the fields of a message. */
export type Fields = (writer: BinaryWriter) => void;

export const message = (writer: BinaryWriter, field: number, fields: Fields): void => {
  writer.tag(field, WireType.LengthDelimited).fork();
  fields(writer);
  writer.join();
};

export const double = (writer: BinaryWriter, field: number, value: number): void => {
  writer.tag(field, WireType.Bit64).double(value);
};

/** A repeated field of doubles, packed. */
export const doubles = (writer: BinaryWriter, field: number, values: readonly number[]): void =>
  message(writer, field, () => {
    for (const value of values) writer.double(value);
  });

export const text = (writer: BinaryWriter, field: number, value: string): void => {
  writer.tag(field, WireType.LengthDelimited).string(value);
};
