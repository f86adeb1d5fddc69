/** @file The formats that an import reads, in the order in which they are tried. */
import { arrowFormat } from "./arrow.ts";
import { csvFormat } from "./csv.ts";
import { jsonlFormat } from "./jsonl.ts";
import { parquetFormat } from "./parquet.ts";
import type { Format } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import { tensorBoardFormat } from "./tensorBoard.ts";
import { transformerEngineFormat } from "./transformerEngine.ts";
import { wandbFormat } from "./wandb.ts";

const formats: readonly Format[] = [
  arrowFormat,
  parquetFormat,
  tensorBoardFormat,
  wandbFormat,
  jsonlFormat,
  transformerEngineFormat,
  csvFormat,
];

export const formatNames: readonly string[] = formats.map(({ name }) => name);

/** Lines for the help, one per format. */
export const formatHelp: readonly (readonly [name: string, help: string])[] = formats.map(
  ({ name, help }) => [name, help],
);

/**
 * The format of a file: the given one, or the one detected from its contents.
 *
 * @throws `RangeflowFailure` if none is detected, or a file whose format has its own compression is gzip-compressed
 */
export const formatOf = (source: Source, named: string | undefined): Format => {
  const { path, isGzip } = source;
  if (named !== undefined && !formatNames.includes(named))
    throw failure("--format", `"${named}"`, `one of ${formatNames.join(", ")}`);
  const found = formats.find((format) =>
    named === undefined ? format.matches(source) : format.name === named,
  );
  if (found === undefined)
    throw failure(
      path,
      "contents of no format that an import knows",
      `one of ${formatNames.join(", ")}`,
      "name it with --format, to see what cannot be read",
    );
  if (isGzip && found.isSeekable)
    throw failure(path, `a gzip file of ${found.name}`, `${found.name} as it is`, "unzip it first");
  return found;
};
