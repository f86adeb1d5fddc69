/**
 * @file JSON lines with one object per step, whose keys are names of scalars that contain site and statistic (`scalarName`), or of
 *   tensors with a histogram:
 *
 *     {"step": 3, "conv1/input/min": -1.5, "conv1/input/max": 2.5, "gradients/conv1.weight": {"_type": "histogram", "bins": [..], "values": [..]}}
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { ByteTexts } from "./byteTexts.ts";
import { JsonFault, JsonFields } from "./jsonFields.ts";
import { wandbHistogram } from "./jsonHistogram.ts";
import { NumberText } from "./numberText.ts";
import type { Reading } from "./reader.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";
import { failure } from "./source.ts";
import { noteUnused } from "./statisticBatch.ts";

/** Key of the step of a line. */
export interface StepKey {
  readonly is: (name: string) => boolean;
  /** Found and expected text for a line without it. */
  readonly missing: readonly [found: string, expected: string];
}

/** Reads the lines of a file. */
export class WideLineReader {
  readonly builder = new BatchBuilder();
  readonly #path: string;
  readonly #reading: Pick<Reading, "take" | "unused">;
  readonly #step: StepKey;
  readonly #fields = new JsonFields();
  readonly #numbers = new NumberText();
  readonly #keys = new ByteTexts();
  /** Name of each key, without escapes. */
  readonly #names: string[] = [];
  /** Scalar of each key; null if its name contains none. */
  readonly #scalars: (ScalarName | null)[] = [];
  #bytes: Uint8Array = new Uint8Array();

  constructor(path: string, reading: Pick<Reading, "take" | "unused">, step: StepKey) {
    [this.#path, this.#reading, this.#step] = [path, reading, step];
  }

  /** Names of the keys of all lines so far. */
  get keys(): readonly string[] {
    return this.#names;
  }

  /** Reads a line. @throws `RangeflowFailure` */
  read(bytes: Uint8Array, from: number, to: number, line: number): void {
    this.#bytes = bytes;
    try {
      this.#fields.find(bytes, from, to);
      this.#add(line);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw failure(
        `${this.#path}, line ${line}`,
        error.message,
        "a JSON object",
        "the file may be truncated",
      );
    }
  }

  #add(line: number): void {
    const { count } = this.#fields;
    let step: number | undefined;
    for (let field = 0; field < count; field++)
      if (this.#step.is(this.#name(field)) && this.#isNumber(field)) step = this.#numbers.value;
    if (step === undefined) throw failure(`${this.#path}, line ${line}`, ...this.#step.missing);
    for (let field = 0; field < count; field++) this.#addField(field, line, step);
  }

  #key(field: number): number {
    const { keyFrom, keyTo } = this.#fields;
    return this.#keys.of(this.#bytes, keyFrom[field] as number, keyTo[field] as number);
  }

  #name(field: number): string {
    const key = this.#key(field);
    this.#names[key] ??= this.#fields.key(this.#bytes, field);
    return this.#names[key] as string;
  }

  #isNumber(field: number): boolean {
    const { from, to } = this.#fields;
    return this.#numbers.read(this.#bytes, from[field] as number, to[field] as number);
  }

  #addField(field: number, line: number, step: number): void {
    const name = this.#name(field);
    if (this.#step.is(name)) return;
    if (this.#fields.kind[field] === "nested") {
      const binned = wandbHistogram(this.#fields.nested(this.#bytes, field));
      if (binned === undefined) noteUnused(this.#reading.unused, name);
      else {
        this.#begin(line, step, name);
        this.builder.histogram(binned);
      }
      return;
    }
    const key = this.#key(field);
    this.#scalars[key] ??= scalarName(name) ?? null;
    const scalar = this.#scalars[key];
    if (scalar == null || !this.#isNumber(field)) {
      noteUnused(this.#reading.unused, name);
      return;
    }
    const { site, format, statistic, factor } = scalar;
    this.#begin(line, step, site);
    if (format !== undefined) this.builder.format(this.builder.formats.ofText(format));
    const { value, halfUnit, form } = this.#numbers;
    this.builder.set(statistic, value * factor, halfUnit * factor, form);
  }

  #begin(line: number, step: number, site: string): void {
    const { builder } = this;
    if (builder.isFull) {
      this.#reading.take(builder.batch());
      builder.clear();
    }
    builder.add(line, step, builder.sites.ofText(site));
  }
}
