/** @file Texts in a file that mean something, each of which is looked up once. */
import { ByteTexts } from "./byteTexts.ts";

interface MeantText<M> {
  readonly name: string;
  /** Undefined for one that an import does not know. */
  readonly meaning: M | undefined;
}

/** Texts with what they mean. */
export class MeantTexts<M> {
  readonly texts = new ByteTexts();
  readonly #meaningOf: (name: string) => M | undefined;
  readonly #found: MeantText<M>[] = [];

  constructor(meaningOf: (name: string) => M | undefined) {
    this.#meaningOf = meaningOf;
  }

  /** What the text of a number says. */
  at(index: number): MeantText<M> {
    const known = this.#found[index];
    if (known !== undefined) return known;
    const name = this.texts.texts[index] as string;
    const found = { name, meaning: this.#meaningOf(name) };
    this.#found[index] = found;
    return found;
  }
}
