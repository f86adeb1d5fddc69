/**
 * @file Histories of Weights & Biases, a line for each step, as `run.scan_history()` gives them row by row:
 *
 *     {"_step": 3, "conv1/input/min": -1.5, "conv1/input/max": 2.5, "gradients/conv1.weight": {"_type": "histogram", "bins": [..], "values": [..]}}
 *
 * Scalars say site and statistic in their name (`scalarName`); a histogram, as `wandb.watch` logs them, is that of the tensor of its name.
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { ByteTexts } from "./byteTexts.ts";
import { JsonFault, JsonFields } from "./jsonFields.ts";
import { wandbHistogram } from "./jsonHistogram.ts";
import { NumberText } from "./numberText.ts";
import type { Format, Reading } from "./reader.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";
import { eachLine, failure, headText, lineBlocks, type Source } from "./source.ts";
import { noteUnused } from "./statisticBatch.ts";

const stepKey = "_step";

const read = async (source: Source, { take, unused }: Reading): Promise<void> => {
  const builder = new BatchBuilder();
  const [fields, numbers, keys] = [new JsonFields(), new NumberText(), new ByteTexts()];
  /** Name that each key is, without escapes. */
  const names: string[] = [];
  /** Scalar of each key; null where its name tells none. */
  const scalars: (ScalarName | null)[] = [];
  const keyOf = (bytes: Uint8Array, field: number): number =>
    keys.of(bytes, fields.keyFrom[field] as number, fields.keyTo[field] as number);
  const readNumber = (bytes: Uint8Array, field: number): boolean =>
    numbers.read(bytes, fields.from[field] as number, fields.to[field] as number);

  const addHistogram = (bytes: Uint8Array, field: number, name: string, line: number, step: number): void => {
    const binned = wandbHistogram(fields.nested(bytes, field));
    if (binned === undefined) {
      noteUnused(unused, name);
      return;
    }
    builder.add(line, step, builder.sites.ofText(name));
    builder.histogram(binned);
  };
  const addField = (bytes: Uint8Array, field: number, line: number, step: number): void => {
    const key = keyOf(bytes, field);
    names[key] ??= fields.key(bytes, field);
    const name = names[key] as string;
    if (name === stepKey) return;
    if (fields.kind[field] === "nested") {
      addHistogram(bytes, field, name, line, step);
      return;
    }
    scalars[key] ??= scalarName(name) ?? null;
    const scalar = scalars[key];
    if (scalar == null || !readNumber(bytes, field)) {
      noteUnused(unused, name);
      return;
    }
    builder.add(line, step, builder.sites.ofText(scalar.site));
    if (scalar.format !== undefined) builder.format(builder.formats.ofText(scalar.format));
    builder.set(
      scalar.statistic,
      numbers.value * scalar.factor,
      numbers.halfUnit * scalar.factor,
      numbers.form,
    );
  };
  const addLine = (bytes: Uint8Array, from: number, to: number, line: number): void => {
    fields.find(bytes, from, to);
    let step: number | undefined;
    for (let field = 0; field < fields.count; field++)
      if (keys.texts[keyOf(bytes, field)] === stepKey && readNumber(bytes, field)) step = numbers.value;
    if (step === undefined)
      throw failure(
        `${source.path}, line ${line}`,
        `no ${stepKey}`,
        "the history of a run of Weights & Biases",
      );
    for (let field = 0; field < fields.count; field++) {
      if (builder.isFull) {
        take(builder.batch());
        builder.clear();
      }
      addField(bytes, field, line, step);
    }
  };
  const readLine = (bytes: Uint8Array, from: number, to: number, line: number): void => {
    try {
      addLine(bytes, from, to, line);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw failure(`${source.path}, line ${line}`, error.message, "a JSON object", "the file may be cut");
    }
  };
  for await (const block of lineBlocks(source.path))
    eachLine(block, (from, to, line) => {
      if (to > from) readLine(block.bytes, from, to, line);
    });
  take(builder.batch());
};

/** A line of JSON with a step as Weights & Biases has it. */
const matches = (source: Source): boolean => {
  const [line = ""] = headText(source).trimStart().split("\n");
  return line.startsWith("{") && line.includes(`"${stepKey}"`);
};

export const wandbFormat: Format = {
  name: "wandb",
  place: "line",
  help: "the history of a run of Weights & Biases, an object a line",
  matches,
  read,
};
