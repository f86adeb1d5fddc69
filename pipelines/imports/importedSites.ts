/** @file Sites of an import while its files are read: numbers for names, role words and ranks. */
import type { StatisticBatch } from "./statisticBatch.ts";

/** A site under its name in the files. */
export interface ImportedSite {
  readonly name: string;
  /** Text in a column of roles; empty if there is none. */
  readonly roleWord: string;
  /** -1 if the files do not state it. */
  readonly rank: number;
  /** Format of its scales, if the files state it. */
  format: string;
}

/** Numbers of sites, consistent over all files. */
export class ImportedSites {
  readonly all: ImportedSite[] = [];
  readonly #numbers = new Map<string, number>();
  /** Numbers by rank, role word and name, using the numbering of the current file. */
  #known: number[][][] = [];

  /** Forgets a file's numbering of texts. */
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
