/** @file Texts of a file with their meanings. Each is looked up once. */
import { ByteTexts } from "./byteTexts.ts";

interface MeantText<M> {
  readonly name: string;
  /** Undefined for a text without a known meaning. */
  readonly meaning: M | undefined;
}

/** Texts with their meanings. */
export class MeantTexts<M> {
  readonly texts = new ByteTexts();
  readonly #meaningOf: (name: string) => M | undefined;
  readonly #found: MeantText<M>[] = [];

  constructor(meaningOf: (name: string) => M | undefined) {
    this.#meaningOf = meaningOf;
  }

  /** The text with a number, and its meaning. */
  at(index: number): MeantText<M> {
    const known = this.#found[index];
    if (known !== undefined) return known;
    const name = this.texts.texts[index] as string;
    const found = { name, meaning: this.#meaningOf(name) };
    this.#found[index] = found;
    return found;
  }
}
