/**
 * @file JSON lines with one object per row, whose keys are named like columns of a table:
 *
 *     {"step": 0, "site": "conv1/input", "min": -1.5, "max": "Infinity"}
 *     {"step": 0, "site": "conv1/input", "stat": "amax", "value": 1.5}
 *     {"step": 0, "tag": "conv1/input/amax", "value": 1.5}
 *     {"step": 0, "site": "conv1/input", "bins": [-1, 0, 1.5], "counts": [3, 5]}
 */
import { BatchBuilder } from "./batchBuilder.ts";
import { ByteTexts } from "./byteTexts.ts";
import { type ColumnKind, columnKind, statisticNamed } from "./columnKinds.ts";
import { JsonFault, JsonFields } from "./jsonFields.ts";
import { jsonHistogram } from "./jsonHistogram.ts";
import { MeantTexts } from "./meantTexts.ts";
import { NumberText } from "./numberText.ts";
import type { Reading } from "./reader.ts";
import { scalarName } from "./scalarName.ts";
import { failure } from "./source.ts";
import { noteUnused } from "./statisticBatch.ts";
import { bits } from "./statisticMask.ts";
import { truthExpected, truthIn } from "./truthText.ts";
import { twoValues } from "./twoValues.ts";

type Place = Extract<ColumnKind, string>;

/** Reads the lines of a file. Keys have the meaning of columns with the same name. */
export class RowLineReader {
  readonly builder = new BatchBuilder();
  readonly #path: string;
  readonly #reading: Reading;
  readonly #fields = new JsonFields();
  readonly #numbers = new NumberText();
  readonly #keys = new ByteTexts();
  /** Meaning of each key; null for ignored ones. */
  readonly #kinds: (ColumnKind | null)[] = [];
  readonly #meanings = new MeantTexts(statisticNamed);
  readonly #scalars = new MeantTexts(scalarName);
  /** Field of each place in the current line. */
  readonly #at = new Map<Place, number>();
  #bytes: Uint8Array = new Uint8Array();
  #line = 0;

  constructor(path: string, reading: Reading) {
    this.#path = path;
    this.#reading = reading;
  }

  /** Reads a line. @throws `RangeflowFailure` */
  read(bytes: Uint8Array, from: number, to: number, line: number): void {
    [this.#bytes, this.#line] = [bytes, line];
    try {
      this.#fields.find(bytes, from, to);
      this.#add();
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      throw this.#fault(error.message, "a JSON object", "the file may be truncated");
    }
  }

  /** Adds the row of a line. */
  #add(): void {
    this.#at.clear();
    const statistics = this.#sorted();
    const [step, site] = [this.#at.get("step"), this.#at.get("site")];
    if (step === undefined || site === undefined)
      throw this.#fault(
        `no ${step === undefined ? "step" : "site"}`,
        "step, site and a statistic, such as min and max",
        "name the keys: --column step=KEY --column site=KEY",
      );
    if (this.#isScalar(statistics)) {
      this.#addScalar(step, site);
      return;
    }
    this.builder.add(this.#line, this.#number(step) ?? Number.NaN, this.#textIn(this.builder.sites, site));
    this.#addPlaces();
    for (const field of statistics) this.#addStatistic(field);
    this.#addLong();
    this.#addHistogram();
  }

  /** Whether the line is a number whose name contains site and statistic: `{"step": 0, "tag": "conv1/input/min", "value": -1.5}`. */
  #isScalar(statistics: readonly number[]): boolean {
    const hasOther = (["statistic", "bins", "counts"] as const).some((place) => this.#at.has(place));
    return this.#at.has("value") && statistics.length === 0 && !hasOther;
  }

  #addScalar(step: number, site: number): void {
    const { name, meaning: scalar } = this.#scalars.at(this.#textIn(this.#scalars.texts, site));
    if (scalar === undefined) {
      noteUnused(this.#reading.unused, name);
      return;
    }
    const { builder } = this;
    const value = this.#at.get("value") as number;
    if (this.#number(value) === undefined) return;
    builder.add(this.#line, this.#number(step) ?? Number.NaN, builder.sites.ofText(scalar.site));
    builder.format(builder.formats.ofText(scalar.format ?? ""));
    this.#addPlaces();
    this.#addNumber(value, scalar);
  }

  /** Names of the keys of all lines so far. */
  get keys(): readonly string[] {
    return this.#keys.texts;
  }

  /** Notes the positions of places, and returns the fields of statistics. */
  #sorted(): readonly number[] {
    const statistics: number[] = [];
    let seen = 0;
    for (let field = 0; field < this.#fields.count; field++) {
      const kind = this.#kindOf(field);
      if (kind === null) noteUnused(this.#reading.unused, this.#fields.key(this.#bytes, field));
      else if (typeof kind === "object") {
        if ((seen & bits[kind.statistic]) !== 0) throw this.#twoKeys(kind.statistic);
        seen |= bits[kind.statistic];
        statistics.push(field);
      } else if (this.#at.has(kind)) throw this.#twoKeys(kind);
      else this.#at.set(kind, field);
    }
    return statistics;
  }

  #twoKeys(meaning: string): Error {
    return this.#fault(`two keys for ${meaning}`, "one of them", `choose one with --column ${meaning}=KEY`);
  }

  #kindOf(field: number): ColumnKind | null {
    const { keyFrom, keyTo } = this.#fields;
    const key = this.#keys.of(this.#bytes, keyFrom[field] as number, keyTo[field] as number);
    const known = this.#kinds[key];
    if (known !== undefined) return known;
    const { columns } = this.#reading;
    const name = this.#fields.key(this.#bytes, field);
    const kind = columnKind(name, columns) ?? null;
    const given = [...columns.values()];
    // A key that the user has named replaces others with the same meaning.
    const isOvershadowed =
      !columns.has(name) &&
      given.some(
        (one) =>
          one === kind ||
          (typeof one === "object" &&
            typeof kind === "object" &&
            kind !== null &&
            one.statistic === kind.statistic),
      );
    this.#kinds[key] = isOvershadowed ? null : kind;
    return this.#kinds[key] as ColumnKind | null;
  }

  #fault(found: string, expected: string, hint?: string): Error {
    return failure(`${this.#path}, line ${this.#line}`, found, expected, hint);
  }

  /** The number in a field, which may be written as a text; undefined for null. */
  #number(field: number): number | undefined {
    const { from, to, kind } = this.#fields;
    const [start, end] = [from[field] as number, to[field] as number];
    if (kind[field] !== "nested" && this.#numbers.read(this.#bytes, start, end)) return this.#numbers.value;
    const text = this.#fields.text(this.#bytes, field);
    if (kind[field] === "word" && text === "null") return undefined;
    throw this.#fault(`${text.slice(0, 40)} as ${this.#fields.key(this.#bytes, field)}`, "a number");
  }

  #truth(field: number): boolean {
    const said = this.#fields.text(this.#bytes, field);
    const truth = truthIn(said);
    if (truth !== undefined) return truth;
    throw this.#fault(`${said.slice(0, 40)} as ${this.#fields.key(this.#bytes, field)}`, truthExpected);
  }

  #numberAt(place: Place): number | undefined {
    const field = this.#at.get(place);
    return field === undefined ? undefined : this.#number(field);
  }

  /** The number of a text in a set of texts. */
  #textIn(texts: ByteTexts, field: number): number {
    const { kind, from, to } = this.#fields;
    if (kind[field] !== "text")
      throw this.#fault(
        `${this.#fields.text(this.#bytes, field).slice(0, 40)} as ${this.#fields.key(this.#bytes, field)}`,
        "a text",
      );
    const [start, end] = [from[field] as number, to[field] as number];
    const isEscaped = this.#bytes.subarray(start, end).includes(92);
    return isEscaped
      ? texts.ofText(this.#fields.text(this.#bytes, field))
      : texts.of(this.#bytes, start, end);
  }

  #addPlaces(): void {
    const [role, format, coldStart] = [
      this.#at.get("role"),
      this.#at.get("format"),
      this.#at.get("coldStart"),
    ];
    if (role !== undefined) this.builder.role(this.#textIn(this.builder.roles, role));
    if (format !== undefined) this.builder.format(this.#textIn(this.builder.formats, format));
    if (coldStart !== undefined && this.#truth(coldStart)) this.builder.coldStart();
    const [rank, precision] = [this.#numberAt("rank"), this.#numberAt("precision")];
    if (rank !== undefined) this.builder.rank(rank);
    if (precision !== undefined) this.builder.precision(precision);
  }

  /** Adds a field's number as a statistic. */
  #addNumber(field: number, { statistic, factor }: Exclude<ColumnKind, string>): void {
    const value = this.#number(field);
    if (value === undefined) return;
    const { halfUnit, form } = this.#numbers;
    this.builder.set(statistic, value * factor, halfUnit * factor, form);
  }

  #addStatistic(field: number): void {
    const kind = this.#kindOf(field);
    if (kind !== null && typeof kind === "object") this.#addNumber(field, kind);
  }

  #addLong(): void {
    const [statistic, value] = [this.#at.get("statistic"), this.#at.get("value")];
    if (value === undefined) return;
    if (statistic === undefined) {
      noteUnused(this.#reading.unused, this.#fields.key(this.#bytes, value));
      return;
    }
    const { name, meaning } = this.#meanings.at(this.#textIn(this.#meanings.texts, statistic));
    if (meaning === undefined) noteUnused(this.#reading.unused, name);
    else if (this.builder.has(meaning.statistic))
      throw twoValues(`${this.#path}, line ${this.#line}`, name, meaning.statistic);
    else this.#addNumber(value, meaning);
  }

  #addHistogram(): void {
    const [bins, counts] = [this.#at.get("bins"), this.#at.get("counts")];
    if (bins === undefined || counts === undefined) return;
    const binned = jsonHistogram(
      this.#fields.nested(this.#bytes, bins),
      this.#fields.nested(this.#bytes, counts),
    );
    if (binned === undefined)
      throw this.#fault(
        "bins and counts that do not form a histogram",
        "rising edges, one more than there are counts, and whole counts",
      );
    this.builder.histogram(binned);
  }
}
