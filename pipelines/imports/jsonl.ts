/** @file JSON lines: one object per line, which is a row of a table (`rowLines.ts`) or a step with all its sites (`wideLines.ts`). */
import type { BatchBuilder } from "./batchBuilder.ts";
import { type ColumnMap, columnKind, isEpoch } from "./columnKinds.ts";
import { JsonFault, JsonFields } from "./jsonFields.ts";
import { wandbHistogram } from "./jsonHistogram.ts";
import type { Format, Reading } from "./reader.ts";
import { RowLineReader } from "./rowLines.ts";
import { scalarName } from "./scalarName.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { WideLineReader } from "./wideLines.ts";

/** What a line reveals about the layout of its file. */
interface Shape {
  /** Whether it has a site, or scalars of sites. A log may begin with lines that have neither. */
  readonly isTelling: boolean;
  /** Whether lines are steps, with sites in the names of their keys. */
  readonly isWide: boolean;
  /** The key of epochs, if there is none of steps. */
  readonly epoch: string | undefined;
}

const shapeOf = (bytes: Uint8Array, from: number, to: number, columns: ColumnMap): Shape => {
  const fields = new JsonFields();
  try {
    fields.find(bytes, from, to);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    // The reader of the line reports the error.
    return { isTelling: true, isWide: false, epoch: undefined };
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
  return {
    isTelling: isWide || kinds.has("site"),
    isWide,
    epoch: kinds.has("step") ? undefined : names.find(isEpoch),
  };
};

/** Reads lines one by one, and knows their keys. */
interface Lines {
  readonly builder: BatchBuilder;
  readonly keys: readonly string[];
  readonly read: (bytes: Uint8Array, from: number, to: number, line: number) => void;
}

const linesLike = ({ isWide, epoch }: Shape, path: string, given: Reading): Lines => {
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

/** Refuses given column names that no line has as a key. */
const checkKeys = (path: string, columns: ColumnMap, keys: readonly string[]): void => {
  const missing = [...columns.keys()].find((name) => !keys.includes(name));
  if (missing !== undefined)
    throw failure("--column", `no key "${missing}" in ${path}`, `one of ${keys.slice(0, 20).join(", ")}`);
};

/** Largest number of lines kept until one reveals the layout. If none does, the next line decides. */
const mostUntold = 1000;

const read = async ({ path }: Source, reading: Reading): Promise<void> => {
  let lines: Lines | undefined;
  const untold: { readonly bytes: Uint8Array; readonly line: number }[] = [];
  const take = (to: Lines, ...line: Parameters<Lines["read"]>): void => {
    if (to.builder.isFull) {
      reading.take(to.builder.batch());
      to.builder.clear();
    }
    to.read(...line);
  };
  /** Begins reading with a layout. Earlier lines were kept. */
  const begin = (shape: Shape): Lines => {
    const begun = linesLike(shape, path, reading);
    for (const { bytes, line } of untold) take(begun, bytes, 0, bytes.length, line);
    return begun;
  };
  for await (const block of lineBlocks(path))
    eachLine(block, (from, to, line) => {
      if (to === from) return;
      if (lines === undefined) {
        const shape = shapeOf(block.bytes, from, to, reading.columns);
        if (!shape.isTelling && untold.length < mostUntold) {
          untold.push({ bytes: block.bytes.slice(from, to), line });
          return;
        }
        lines = begin(shape);
      }
      take(lines, block.bytes, from, to, line);
    });
  const [first] = untold;
  if (lines === undefined && first !== undefined)
    lines = begin(shapeOf(first.bytes, 0, first.bytes.length, reading.columns));
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
