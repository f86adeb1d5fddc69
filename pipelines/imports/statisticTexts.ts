/** @file Names of statistics in a file, each of which is looked up once. */
import { ByteTexts } from "./byteTexts.ts";
import { statisticNamed } from "./columnKinds.ts";
import { failure } from "./source.ts";
import type { Statistic } from "./statisticBatch.ts";

interface NamedStatistic {
  readonly name: string;
  /** Undefined for one that an import does not know. */
  readonly meaning: ReturnType<typeof statisticNamed>;
}

/** The refusal of a row whose statistic is told by a column of its own, too. */
export const twoValues = (place: string, name: string, statistic: Statistic): Error =>
  failure(
    place,
    `${statistic} in a column and by the name "${name}"`,
    "one value",
    "leave one of both columns out, or import a table without it",
  );

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
