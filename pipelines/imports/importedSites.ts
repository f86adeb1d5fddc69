/** @file Sites of an import while its files are read: numbers for names, as far as role words and ranks tell them apart. */
import type { StatisticBatch } from "./statisticBatch.ts";

/** A site as the files call it. */
export interface ImportedSite {
  readonly name: string;
  /** What a column of roles says; an empty text where there is none. */
  readonly roleWord: string;
  /** -1 where the files do not say. */
  readonly rank: number;
  /** Format of its scales, as far as the files say it. */
  format: string;
}

/** Numbers of sites, the same for the same names in all files. */
export class ImportedSites {
  readonly all: ImportedSite[] = [];
  readonly #numbers = new Map<string, number>();
  /** Numbers by rank, role word and name, as the file that is read numbers these. */
  #known: number[][][] = [];

  /** Forgets how a file has numbered its texts. */
  begin(): void {
    this.#known = [];
  }

  /** The number of the site of row `i`. */
  at({ site, role }: StatisticBatch, i: number, rank: number): number {
    const [name, word] = [site.index[i] as number, role?.index[i] ?? 0];
    return (
      this.#known[rank + 1]?.[word]?.[name] ??
      this.#find(site.texts[name] as string, role?.texts[word] ?? "", rank, [name, word])
    );
  }

  #find(name: string, roleWord: string, rank: number, [nameAt, wordAt]: readonly [number, number]): number {
    const key = JSON.stringify([rank, roleWord, name]);
    const number = this.#numbers.get(key) ?? this.all.length;
    if (number === this.all.length) {
      this.#numbers.set(key, number);
      this.all.push({ name, roleWord, rank, format: "" });
    }
    this.#known[rank + 1] ??= [];
    const ofRank = this.#known[rank + 1] as number[][];
    ofRank[wordAt] ??= [];
    (ofRank[wordAt] as number[])[nameAt] = number;
    return number;
  }
}
