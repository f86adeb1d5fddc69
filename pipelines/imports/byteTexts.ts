/** @file Numbers few distinct texts among many bytes, without making a string of each. */

const utf8 = new TextDecoder();

/** Numbers texts in the order of their first appearance. */
export class ByteTexts {
  readonly texts: string[] = [];
  readonly #bytes: Uint8Array[] = [];
  /** Numbers of texts by hash. */
  readonly #byHash = new Map<number, number[]>();
  readonly #byText = new Map<string, number>();
  /** For each text the one that last followed it, because files are repetitive. */
  readonly #next: number[] = [];
  #last = 0;

  /** The number of the text in bytes `from` to `to`. */
  of(bytes: Uint8Array, from: number, to: number): number {
    const guess = this.#next[this.#last] ?? 0;
    const index = this.#is(guess, bytes, from, to) ? guess : this.#find(bytes, from, to);
    this.#next[this.#last] = index;
    this.#last = index;
    return index;
  }

  /** The number of a text that is already a string. */
  ofText(text: string): number {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(text);
    const index = this.of(bytes, 0, bytes.length);
    this.#byText.set(text, index);
    return index;
  }

  #is(index: number, bytes: Uint8Array, from: number, to: number): boolean {
    const known = this.#bytes[index];
    if (known === undefined || known.length !== to - from) return false;
    for (let i = 0; i < known.length; i++) if (known[i] !== bytes[from + i]) return false;
    return true;
  }

  #find(bytes: Uint8Array, from: number, to: number): number {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    const same = this.#byHash.get(hash) ?? [];
    const known = same.find((index) => this.#is(index, bytes, from, to));
    if (known !== undefined) return known;
    const index = this.texts.length;
    const own = bytes.slice(from, to);
    this.texts.push(utf8.decode(own));
    this.#bytes.push(own);
    this.#byHash.set(hash, [...same, index]);
    return index;
  }
}
