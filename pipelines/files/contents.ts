/**
 * @file Content of a recording as a few numbers and a hash. It is the same for the same rows, whatever segments and batches contain them:
 *   an interrupted run is sealed like one that was not, and lost, duplicated, moved or changed rows are found.
 */
import { createHash } from "node:crypto";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { bitAt } from "./bits.ts";
import type { ListColumn, StatColumns, TextColumn } from "./statColumns.ts";

export const ContentsCodec = t.type({
  rows: t.number,
  sites: t.number,
  /** Number of steps that every site has, from 0; 0 if there are no sites. */
  steps: t.number,
  /** Hash of the columns. */
  sha256: t.string,
});

/** Content of a recording: numbers of rows, sites and steps, and a hash. */
export type Contents = Readonly<t.TypeOf<typeof ContentsCodec>>;

export interface ContentsFold {
  /** Adds the next rows, in order. */
  readonly add: (columns: StatColumns) => void;
  readonly read: () => Contents;
  /** Text about the first place where a site does not continue with its next step; undefined if there is none. */
  readonly gap: () => string | undefined;
}

/** Numbers the texts of a column in the order of their first appearance, over all segments. */
const numbering = () => {
  const numbers = new Map<string, number>();
  return {
    texts: (): readonly string[] => [...numbers.keys()],
    /** Numbers of the texts of some rows. */
    of: ({ texts, index }: TextColumn, rows: number): Int32Array => {
      const known = new Int32Array(texts.length).fill(-1);
      const all = new Int32Array(rows);
      for (let i = 0; i < rows; i++) {
        const local = index[i] as number;
        let number = known[local] as number;
        if (number < 0) {
          const text = texts[local] as string;
          number = numbers.get(text) ?? numbers.size;
          numbers.set(text, number);
          known[local] = number;
        }
        all[i] = number;
      }
      return all;
    },
  };
};

const bitsOf = (bits: Uint8Array, rows: number): Uint8Array => {
  const all = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) all[i] = bitAt(bits, i);
  return all;
};

const lengthsOf = ({ offsets }: Pick<ListColumn<Uint8Array>, "offsets">, rows: number): Int32Array => {
  const all = new Int32Array(rows);
  for (let i = 0; i < rows; i++) all[i] = (offsets[i + 1] as number) - (offsets[i] as number);
  return all;
};

const numberColumns = [
  "step",
  "bits",
  "min",
  "max",
  "lo",
  "hi",
  "count",
  "nonFinite",
  "clipped",
  "bytesMoved",
  "bytesSaved",
] as const;
const textColumns = ["role", "estimator", "scheme", "projection", "verdict"] as const;
const listColumns = ["measured", "histogramValues", "histogramCounts"] as const;

/** A fold over the rows of a recording. */
export const contentsFold = (): ContentsFold => {
  // Lengths and values of lists are hashed separately. In one hash their order would depend on the batches.
  const lengths = listColumns.map((name) => `${name} lengths` as const);
  const names = ["site", ...numberColumns, ...textColumns, "isStatic", ...listColumns, ...lengths] as const;
  const hashes = new Map(names.map((name) => [name as string, createHash("sha256")]));
  const update = (name: string, values: ArrayBufferView): void =>
    void hashes.get(name)?.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  const sites = numbering();
  const texts = new Map(textColumns.map((name) => [name, numbering()]));
  /** The next step of each site. */
  const next: number[] = [];
  let rows = 0;
  let gap: string | undefined;

  const follow = (site: Int32Array, step: Uint32Array): void => {
    for (let i = 0; i < site.length; i++) {
      const number = site[i] as number;
      const expected = next[number] ?? 0;
      if (step[i] !== expected)
        gap ??= `step ${step[i]} of ${sites.texts()[number]} where step ${expected} should be`;
      next[number] = (step[i] as number) + 1;
    }
  };

  return {
    add: (columns) => {
      rows += columns.rows;
      const site = sites.of(columns.site, columns.rows);
      follow(site, columns.step);
      update("site", site);
      for (const name of numberColumns) update(name, columns[name].subarray(0, columns.rows));
      for (const name of textColumns) update(name, texts.get(name)!.of(columns[name], columns.rows));
      update("isStatic", bitsOf(columns.isStatic, columns.rows));
      for (const name of listColumns) {
        const { offsets, values } = columns[name];
        update(`${name} lengths`, lengthsOf(columns[name], columns.rows));
        update(name, values.subarray(offsets[0], offsets[columns.rows]));
      }
    },
    read: () => {
      const all = createHash("sha256");
      for (const hash of hashes.values()) all.update(hash.copy().digest());
      all.update(JSON.stringify([sites, ...texts.values()].map((each) => each.texts())));
      const steps = next.reduce((least, step) => Math.min(least, step), next[0] ?? 0);
      return { rows, sites: next.length, steps, sha256: all.digest("hex") };
    },
    gap: () => gap,
  };
};

/** The content of a recording, and the first place where a site does not continue with its next step. */
export const contentsOf = (
  batches: Iterable<StatColumns>,
): { readonly contents: Contents; readonly gap: string | undefined } => {
  const fold = contentsFold();
  for (const columns of batches) fold.add(columns);
  return { contents: fold.read(), gap: fold.gap() };
};

const textOf = ({ rows, sites, steps }: Contents): string =>
  `${rows} rows of ${sites} sites over ${steps} steps`;

/** @throws `RangeflowFailure` if a recording does not have the content that it was sealed with */
export const checkContents = (where: string, found: Contents, sealed: Contents): void => {
  if (found.sha256 === sealed.sha256) return;
  const isSameSize = textOf(found) === textOf(sealed);
  throw new RangeflowFailure(
    problem(
      where,
      isSameSize ? `${textOf(found)} that are not those of the run` : textOf(found),
      `the ${textOf(sealed)} that were there when the run finished`,
      "part of the recording is missing or was replaced, restore it from a backup or record the run again",
    ),
  );
};
