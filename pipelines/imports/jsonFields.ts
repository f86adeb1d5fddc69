/**
 * @file Fields of one JSON object, as positions in its bytes: the digits of a number state its precision, and unread fields cost nothing.
 *   Python's NaN and Infinity are accepted.
 */

/** Kinds of values. `word`: true, false, null, NaN or an infinity. `nested`: an object or a list. */
export type FieldKind = "text" | "number" | "word" | "nested";

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [34, 92, 123, 125, 91, 93];
const [comma, colon] = [44, 58];

const isSpace = (byte: number | undefined): boolean => byte === 32 || byte === 9 || byte === 13;
const endsWord = (byte: number | undefined): boolean =>
  byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);

/** Invalid JSON, with its position. */
export class JsonFault extends Error {}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new JsonFault(`${text.slice(0, 40)} as a value`);
  }
};

/** Fields of an object. Reused for the next one. */
export class JsonFields {
  count = 0;
  readonly keyFrom: number[] = [];
  readonly keyTo: number[] = [];
  readonly kind: FieldKind[] = [];
  /** Bounds of each value; of a text without its quotes. */
  readonly from: number[] = [];
  readonly to: number[] = [];

  /** Finds the fields of the object in bytes `from` to `to`. @throws `JsonFault` */
  find(bytes: Uint8Array, from: number, to: number): void {
    this.count = 0;
    let at = this.#after(bytes, from, to);
    if (bytes[at] !== openBrace) throw new JsonFault("no object");
    at = this.#after(bytes, at + 1, to);
    if (at < to && bytes[at] === closeBrace) {
      this.#checkEnd(bytes, at + 1, to);
      return;
    }
    for (;;) {
      if (bytes[at] !== quote) throw new JsonFault("a field without a name in quotes");
      const keyEnd = this.#textEnd(bytes, at, to);
      this.keyFrom[this.count] = at + 1;
      this.keyTo[this.count] = keyEnd;
      at = this.#after(bytes, keyEnd + 1, to);
      if (at >= to || bytes[at] !== colon) throw new JsonFault("a name without a value");
      at = this.#after(bytes, at + 1, to);
      at = this.#after(bytes, this.#value(bytes, at, to), to);
      this.count++;
      if (at >= to) throw new JsonFault("an object that does not end");
      if (bytes[at] === closeBrace) break;
      if (bytes[at] !== comma) throw new JsonFault("something between two fields");
      at = this.#after(bytes, at + 1, to);
    }
    this.#checkEnd(bytes, at + 1, to);
  }

  /** The text of a field's name. */
  key(bytes: Uint8Array, field: number): string {
    return textIn(bytes, this.keyFrom[field] as number, this.keyTo[field] as number);
  }

  /** The text of a field's value. */
  text(bytes: Uint8Array, field: number): string {
    return textIn(bytes, this.from[field] as number, this.to[field] as number);
  }

  /** The value of a nested field. @throws `JsonFault` */
  nested(bytes: Uint8Array, field: number): unknown {
    const text = new TextDecoder().decode(bytes.subarray(this.from[field], this.to[field]));
    return parsed(text.replace(/(?<=[[,:]\s*)-?(?:NaN|Infinity)\b/g, (word) => `"${word}"`));
  }

  #after(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && isSpace(bytes[at])) at++;
    return at;
  }

  /** Position of the closing quote of the text that opens at `from`. */
  #textEnd(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from + 1; at < to; at++) {
      if (bytes[at] === backslash) at++;
      else if (bytes[at] === quote) return at;
    }
    throw new JsonFault("a text that does not end");
  }

  #nestedEnd(bytes: Uint8Array, from: number, to: number): number {
    let depth = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at];
      if (byte === quote) at = this.#textEnd(bytes, at, to);
      else if (byte === openBrace || byte === openBracket) depth++;
      else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return at + 1;
    }
    throw new JsonFault("a list or an object that does not end");
  }

  /** Notes the value at `at`, and returns the position after it. */
  #value(bytes: Uint8Array, at: number, to: number): number {
    const i = this.count;
    const byte = bytes[at];
    if (byte === quote) {
      const end = this.#textEnd(bytes, at, to);
      [this.kind[i], this.from[i], this.to[i]] = ["text", at + 1, end];
      return end + 1;
    }
    if (byte === openBrace || byte === openBracket) {
      const end = this.#nestedEnd(bytes, at, to);
      [this.kind[i], this.from[i], this.to[i]] = ["nested", at, end];
      return end;
    }
    let end = at;
    while (end < to && !endsWord(bytes[end])) end++;
    if (end === at) throw new JsonFault("a name without a value");
    const isDigit = (bytes[at] as number) <= 57 && bytes[end - 1] !== 121;
    [this.kind[i], this.from[i], this.to[i]] = [isDigit ? "number" : "word", at, end];
    return end;
  }

  #checkEnd(bytes: Uint8Array, from: number, to: number): void {
    if (this.#after(bytes, from, to) < to) throw new JsonFault("something behind the object");
  }
}

const textIn = (bytes: Uint8Array, from: number, to: number): string => {
  const text = new TextDecoder().decode(bytes.subarray(from, to));
  return text.includes("\\") ? String(parsed(`"${text}"`)) : text;
};
