/** @file Types of Parquet columns that are stored as integers and are no numbers: times, and durations, which only a schema of Arrow in the file tells. */
import { DataType, RecordBatchReader } from "apache-arrow";
import { type FileMetaData, parquetSchema } from "hyparquet";

/** Durations by name, as a file of pyarrow says them; none where it says nothing that can be read. */
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
    // A schema with types that are younger than the reader: the columns are what Parquet says.
    return new Map();
  }
};

/** Types of the columns that are times or durations, by name. */
export const timesIn = (metadata: FileMetaData): ReadonlyMap<string, string> => {
  const times = parquetSchema(metadata).children.flatMap(({ element }): [string, string][] => {
    const { name, logical_type: logical, converted_type: converted } = element;
    const isTime = logical?.type === "TIME" || converted === "TIME_MILLIS" || converted === "TIME_MICROS";
    return isTime ? [[name, "Time"]] : [];
  });
  return new Map([...durationsIn(metadata), ...times]);
};
