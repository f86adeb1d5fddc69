/** @file Cells of text tables: their positions in a line, and the numbers in them. */
import { NumberText } from "./numberText.ts";
import { failure } from "./source.ts";

const quote = 34;
const space = 32;

const separators = [",", ";", "\t"] as const;
export type Separator = (typeof separators)[number];

const withoutQuotes = (text: string): string => text.replace(/"[^"]*"/g, "");

/** The separator of a line's cells: the most frequent candidate. */
export const separatorOf = (line: string): Separator | undefined => {
  const counts = separators.map((one) => withoutQuotes(line).split(one).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? undefined : separators[counts.indexOf(most)];
};

/** Cells of a line, as positions in a block of bytes. */
export class Cells {
  readonly from: number[] = [];
  readonly to: number[] = [];
  /** Whether a cell contains escaped (doubled) quotes. */
  readonly isEscaped: boolean[] = [];
  count = 0;
  readonly #separator: number;

  constructor(separator: Separator) {
    this.#separator = separator.charCodeAt(0);
  }

  /** Finds the cells of a line. False if a quote is not closed in it, or is closed inside a cell. */
  find(bytes: Uint8Array, from: number, to: number): boolean {
    this.count = 0;
    for (let at = from; ; at++) {
      let start = at;
      let end = at;
      let isEscaped = false;
      if (bytes[at] === quote) {
        start = ++at;
        for (; at < to; at++)
          if (bytes[at] === quote) {
            if (bytes[at + 1] !== quote) break;
            isEscaped = true;
            at++;
          }
        if (at >= to) return false;
        end = at++;
        if (at < to && bytes[at] !== this.#separator) return false;
      } else {
        while (at < to && bytes[at] !== this.#separator) at++;
        end = at;
        while (start < end && bytes[start] === space) start++;
        while (end > start && bytes[end - 1] === space) end--;
      }
      this.from[this.count] = start;
      this.isEscaped[this.count] = isEscaped;
      this.to[this.count++] = end;
      if (at >= to) return true;
    }
  }

  /** The text of a cell. Two quotes in a quoted cell are one. */
  text(bytes: Uint8Array, cell: number): string {
    const part = bytes.subarray(this.from[cell], this.to[cell]);
    const text = new TextDecoder().decode(part);
    return this.isEscaped[cell] ? text.replaceAll('""', '"') : text;
  }
}

/** Words for a missing value. */
const isMissing = (text: string): boolean => /^(null|none|na|n\/a|-)?$/i.test(text);

/** Reads cells as numbers. Decimals have a point, or all of them a comma if that is not the separator. */
export class CellNumbers {
  readonly #path: string;
  readonly #point = new NumberText(".");
  readonly #comma: NumberText | undefined;
  /** First line with a decimal point, and first line with a decimal comma. */
  readonly #lines: [point: number, comma: number] = [0, 0];

  constructor(path: string, separator: Separator) {
    this.#path = path;
    this.#comma = separator === "," ? undefined : new NumberText(",");
  }

  /** The number in a cell; undefined if the cell says that it is missing. */
  read(bytes: Uint8Array, cells: Cells, cell: number, name: string, line: number): NumberText | undefined {
    const [from, to] = [cells.from[cell] as number, cells.to[cell] as number];
    if (this.#point.read(bytes, from, to)) {
      if ((this.#point.form & 255) > 0) this.#note(0, line);
      return this.#point;
    }
    if (this.#comma?.read(bytes, from, to)) {
      this.#note(1, line);
      return this.#comma;
    }
    const text = cells.text(bytes, cell);
    if (isMissing(text)) return undefined;
    throw failure(
      `${this.#path}, line ${line}`,
      `"${text.slice(0, 40)}" as ${name}`,
      "a number",
      this.#comma === undefined && text.includes(",")
        ? "with decimal commas, separate columns with semicolons"
        : "leave unknown values empty",
    );
  }

  #note(mark: 0 | 1, line: number): void {
    if (this.#lines[mark] === 0) this.#lines[mark] = line;
    const [point, comma] = this.#lines;
    if (point > 0 && comma > 0)
      throw failure(
        `${this.#path}, line ${line}`,
        `decimals with a ${mark === 0 ? "point" : "comma"}, where line ${mark === 0 ? comma : point} has a ${mark === 0 ? "comma" : "point"}`,
        "one of the two in a file",
        "use the same decimal mark for all numbers",
      );
  }
}
