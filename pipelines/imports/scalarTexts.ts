/** @file Names of scalars in a file, each of which is looked up once. */
import { ByteTexts } from "./byteTexts.ts";
import { type ScalarName, scalarName } from "./scalarName.ts";

interface NamedScalar {
  readonly name: string;
  /** Undefined for one that tells no site and statistic. */
  readonly scalar: ScalarName | undefined;
}

/** Texts that name scalars. */
export class ScalarTexts {
  readonly texts = new ByteTexts();
  readonly #found: NamedScalar[] = [];

  /** What the text of a number says. */
  at(index: number): NamedScalar {
    const known = this.#found[index];
    if (known !== undefined) return known;
    const name = this.texts.texts[index] as string;
    const found = { name, scalar: scalarName(name) };
    this.#found[index] = found;
    return found;
  }
}
