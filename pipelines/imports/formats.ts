/** @file The formats that an import reads, in the order in which a file is asked whether it is one of them. */
import { csvFormat } from "./csv.ts";
import { jsonlFormat } from "./jsonl.ts";
import type { Format } from "./reader.ts";
import { failure, type Source } from "./source.ts";
import { transformerEngineFormat } from "./transformerEngine.ts";
import { wandbFormat } from "./wandb.ts";

const formats: readonly Format[] = [wandbFormat, jsonlFormat, transformerEngineFormat, csvFormat];

export const formatNames: readonly string[] = formats.map(({ name }) => name);

/** Lines for the help, one a format. */
export const formatHelp: readonly (readonly [name: string, help: string])[] = formats.map(
  ({ name, help }) => [name, help],
);

const endingOf = (path: string): string => /\.[^./]+$/.exec(path)?.[0] ?? "";

/**
 * The format of a file: the one that is named, or that it looks like.
 *
 * @throws `RangeflowFailure` if it looks like none
 */
export const formatOf = (source: Source, named: string | undefined): Format => {
  const found = formats.find((format) =>
    named === undefined ? format.matches(source) : format.name === named,
  );
  if (found !== undefined) return found;
  if (named !== undefined) throw failure("--format", `"${named}"`, `one of ${formatNames.join(", ")}`);
  throw failure(
    source.path,
    `contents of no format that an import knows${endingOf(source.path) === "" ? "" : ` (${endingOf(source.path)})`}`,
    `one of ${formatNames.join(", ")}`,
    "name it with --format, to see what cannot be read",
  );
};
