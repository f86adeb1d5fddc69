/** @file JSON lines: an object a line, which is a row of a table (`rowLines.ts`) or a step with all its sites (`wideLines.ts`). */
import type { BatchBuilder } from "./batchBuilder.ts";
import { type ColumnMap, columnKind, isEpoch } from "./columnKinds.ts";
import { JsonFault, JsonFields } from "./jsonFields.ts";
import { wandbHistogram } from "./jsonHistogram.ts";
import type { Format, Reading } from "./reader.ts";
import { RowLineReader } from "./rowLines.ts";
import { scalarName } from "./scalarName.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { WideLineReader } from "./wideLines.ts";

/** What the first line of a file says of all others. */
interface FirstLine {
  /** Whether lines are a step each, with sites in the names of their keys. */
  readonly isWide: boolean;
  /** The key of epochs, where there is none of steps. */
  readonly epoch: string | undefined;
}

const firstLineOf = (bytes: Uint8Array, from: number, to: number, columns: ColumnMap): FirstLine => {
  const fields = new JsonFields();
  try {
    fields.find(bytes, from, to);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // Told by who reads it.
    return { isWide: false, epoch: undefined };
  }
  const names = Array.from({ length: fields.count }, (_, field) => fields.key(bytes, field));
  const kinds = new Set([...names.map((name) => columnKind(name, columns)), ...columns.values()]);
  const isWide =
    !kinds.has("site") &&
    names.some(
      (name, field) =>
        scalarName(name) !== undefined ||
        wandbHistogram(fields.kind[field] === "nested" && fields.nested(bytes, field)) !== undefined,
    );
  return { isWide, epoch: kinds.has("step") ? undefined : names.find(isEpoch) };
};

/** Reads lines one by one, and knows the keys that they have. */
interface Lines {
  readonly builder: BatchBuilder;
  readonly keys: readonly string[];
  readonly read: (bytes: Uint8Array, from: number, to: number, line: number) => void;
}

const linesLike = ({ isWide, epoch }: FirstLine, path: string, given: Reading): Lines => {
  if (epoch !== undefined) given.tookEpochs();
  const columns: ColumnMap =
    epoch === undefined ? given.columns : new Map([...given.columns, [epoch, "step"]]);
  const isNamed = [...columns.values()].includes("step");
  return isWide
    ? new WideLineReader(path, given, {
        is: (name) => (isNamed ? columns.get(name) : columnKind(name, columns)) === "step",
        missing: ["no step", "a step, and scalars such as conv1/input/min"],
      })
    : new RowLineReader(path, { ...given, columns });
};

/** Refuses names that were given a meaning, and that no line has as a key. */
const checkKeys = (path: string, columns: ColumnMap, keys: readonly string[]): void => {
  const missing = [...columns.keys()].find((name) => !keys.includes(name));
  if (missing !== undefined)
    throw failure("--column", `no key "${missing}" in ${path}`, `one of ${keys.slice(0, 20).join(", ")}`);
};

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  let lines: Lines | undefined;
  for await (const block of lineBlocks(path))
    eachLine(block, (from, to, line) => {
      if (to === from) return;
      lines ??= linesLike(firstLineOf(block.bytes, from, to, reading.columns), path, reading);
      if (lines.builder.isFull) {
        reading.take(lines.builder.batch());
        lines.builder.clear();
      }
      lines.read(block.bytes, from, to, line);
    });
  if (lines === undefined) throw failure(path, "no line", "a JSON object a line");
  checkKeys(path, reading.columns, lines.keys);
  reading.take(lines.builder.batch());
};

export const jsonlFormat: Format = {
  name: "jsonl",
  place: "line",
  hasColumns: true,
  help: "an object a line, with keys as columns of a table have names",
  matches: (source) => /^\s*\{/.test(headText(source)),
  read,
};
