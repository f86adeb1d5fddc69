/** @file Names of statistics in a file, each of which is looked up once. */
import { ByteTexts } from "./byteTexts.ts";
import { statisticNamed } from "./columnKinds.ts";

interface NamedStatistic {
  readonly name: string;
  /** Undefined for one that an import does not know. */
  readonly meaning: ReturnType<typeof statisticNamed>;
}

/** Texts that name statistics. */
export class StatisticTexts {
  readonly texts = new ByteTexts();
  readonly #found: NamedStatistic[] = [];

  /** What the text of a number says. */
  at(index: number): NamedStatistic {
    const known = this.#found[index];
    if (known !== undefined) return known;
    const name = this.texts.texts[index] as string;
    const found = { name, meaning: statisticNamed(name) };
    this.#found[index] = found;
    return found;
  }
}
