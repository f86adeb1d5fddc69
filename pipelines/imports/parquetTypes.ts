/**
 * @file Parquet columns that are stored as integers but are no numbers: times, and durations, which only an embedded Arrow schema
 *   reveals.
 */
import { DataType, RecordBatchReader } from "apache-arrow";
import { type FileMetaData, parquetSchema } from "hyparquet";

/** Types of durations by column name, from the Arrow schema that pyarrow embeds; empty if there is none that can be read. */
const durationsIn = ({ key_value_metadata: pairs }: FileMetaData): ReadonlyMap<string, string> => {
  const text = pairs?.find(({ key }) => key === "ARROW:schema")?.value;
  if (text === undefined) return new Map();
  try {
    const { schema } = RecordBatchReader.from(Buffer.from(text, "base64")).open();
    return new Map(
      schema.fields
        .filter(({ type }) => DataType.isDuration(type))
        .map(({ name, type }) => [name, String(type)]),
    );
  } catch {
    // The schema has types that are newer than the reader. The columns then have their Parquet types.
    return new Map();
  }
};

/** Types of the columns with times or durations, by name. */
export const timesIn = (metadata: FileMetaData): ReadonlyMap<string, string> => {
  const times = parquetSchema(metadata).children.flatMap(({ element }): [string, string][] => {
    const { name, logical_type: logical, converted_type: converted } = element;
    const isTime = logical?.type === "TIME" || converted === "TIME_MILLIS" || converted === "TIME_MICROS";
    return isTime ? [[name, "Time"]] : [];
  });
  return new Map([...durationsIn(metadata), ...times]);
};
