/** @file Buffers rows for a recording, some ten thousand at a time. */
import { type Known, knownNames } from "../../core/foreignStat.ts";
import type { Measured } from "../../core/measure.ts";
import { classifyRange, type Verdict } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { ForeignRows } from "../files/foreignRecorder.ts";
import { verdicts } from "../files/recordingSchema.ts";
import { type BinnedTensor, rebinned } from "./rebinned.ts";
import type { SiteNames } from "./siteNames.ts";
import { failure } from "./source.ts";
import { newEnds, type TensorEnds } from "./tensorEnds.ts";
import { mostCounted } from "./valueFault.ts";

const places = <T extends string>(names: readonly T[]): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name, i) => [name, i])) as Record<T, number>;

const knownPlace = places<Known>(knownNames);
const verdictPlace = places<Verdict>(verdicts);

/** A tensor that becomes a row. Reused for each. */
export interface ImportedTensor {
  readonly ends: TensorEnds;
  /** Number of elements, and of those that are not finite; undefined if unknown. */
  count: number | undefined;
  nonFinite: number | undefined;
  isColdStart: boolean;
  /** -1 if unknown or irrelevant. */
  rank: number;
  measured: Measured | undefined;
  histogram: BinnedTensor | undefined;
}

/** Rows for the recorder. */
export type ChunkRows = ForeignRows &
  Required<Pick<ForeignRows, "verdict" | "known" | "min" | "max" | "minError" | "maxError" | "coldStart">> & {
    /** Number of rows that lack ranks of their site. */
    readonly partial: number;
    /** Number of histograms of single ranks that were dropped, because other ranks of their row have none. */
    readonly lostHistograms: number;
  };

export const newTensor = (): ImportedTensor => ({
  ends: newEnds(),
  count: undefined,
  nonFinite: undefined,
  isColdStart: false,
  rank: -1,
  measured: undefined,
  histogram: undefined,
});

/** Verdict on a tensor. A printed 0 may be anything that rounds to it. */
const verdictOf = ({ known, min, max, minError }: TensorEnds, count: number, nonFinite: number): Verdict => {
  if (known === "moments") return count === 0 ? "empty" : nonFinite > 0 ? "nonFinite" : "observed";
  const verdict = classifyRange({ min, max, count, nonFinite });
  return verdict === "zero" && minError > 0 ? "observed" : verdict;
};

/** Min or max of a tensor's finite elements; NaN if it is not finite. */
const finite = (end: number): number => (Number.isFinite(end) ? end : Number.NaN);

/** Rows by column. */
export class RowChunk {
  rows = 0;
  readonly #names: SiteNames;
  readonly #step: Uint32Array;
  readonly #integers: Readonly<Record<"site" | "role" | "verdict" | "known" | "rank", Int32Array>>;
  readonly #ends: Readonly<Record<"min" | "max" | "minError" | "maxError", Float64Array>>;
  readonly #counts: Readonly<Record<"count" | "nonFinite", Uint32Array>>;
  readonly #coldStart: Uint8Array;
  #measured: (Measured | undefined)[] = [];
  /** Histograms of the ranks of each row. */
  #histograms: (readonly BinnedTensor[] | undefined)[] = [];
  #hasCounts = false;
  /** Number of ranks of each row, and of those with elements. */
  readonly #ranks: Int32Array;
  readonly #filled: Int32Array;
  /** Largest number of ranks of each site at any step. */
  readonly #ranksOf: Int32Array;

  constructor(names: SiteNames, capacity: number) {
    const integers = () => new Int32Array(capacity);
    const floats = () => new Float64Array(capacity);
    this.#names = names;
    this.#step = new Uint32Array(capacity);
    this.#integers = {
      site: integers(),
      role: integers(),
      verdict: integers(),
      known: integers(),
      rank: integers(),
    };
    this.#ends = { min: floats(), max: floats(), minError: floats(), maxError: floats() };
    this.#counts = { count: new Uint32Array(capacity), nonFinite: new Uint32Array(capacity) };
    this.#coldStart = new Uint8Array(capacity);
    [this.#ranks, this.#filled] = [integers(), integers()];
    this.#ranksOf = new Int32Array(names.paths.length);
    for (const site of names.index) if (site >= 0) (this.#ranksOf[site] as number)++;
  }

  get lastStep(): number {
    return this.#step[this.rows - 1] as number;
  }

  /** Whether row `at` exists and has this site and step. */
  is(at: number, site: number, step: number): boolean {
    return at < this.rows && this.#integers.site[at] === site && this.#step[at] === step;
  }

  /** Adds a row. */
  add(site: number, step: number, tensor: ImportedTensor): void {
    const i = this.rows++;
    this.#step[i] = step;
    this.#integers.site[i] = site;
    this.#integers.rank[i] = tensor.rank;
    this.#coldStart[i] = tensor.isColdStart ? 1 : 0;
    this.#ranks[i] = 1;
    this.#fill(i, tensor);
  }

  /** Sets row `i` to a tensor. */
  #fill(i: number, { ends, count, nonFinite, measured, histogram }: ImportedTensor): void {
    this.#filled[i] = count === 0 ? 0 : 1;
    if (measured !== undefined) this.#measured[i] = measured;
    if (histogram !== undefined) this.#histograms[i] = [histogram];
    if (count !== undefined || nonFinite !== undefined) this.#hasCounts = true;
    this.#set(i, ends, count, nonFinite);
  }

  /**
   * Merges another tensor into row `i`: smaller min, larger max, sum of elements. A tensor without elements has no min and max.
   *
   * @returns names of measurements of either tensor, which do not hold for the merged one
   * @throws `RangeflowFailure` if there are more elements than a recording can count
   */
  merge(i: number, tensor: ImportedTensor): readonly string[] {
    this.#ranks[i]!++;
    if (tensor.isColdStart) this.#coldStart[i] = 1;
    if (tensor.count === 0) return [];
    if (this.#filled[i] === 0) {
      delete this.#measured[i];
      this.#fill(i, tensor);
      return [];
    }
    this.#filled[i]!++;
    const { count, nonFinite, histogram } = tensor;
    const faults = Number.isNaN(this.#ends.min[i]) || Number.isNaN(this.#ends.max[i]) ? 1 : 0;
    const counted = this.#hasCounts ? (this.#counts.count[i] as number) : 0;
    const known = this.#hasCounts ? (this.#counts.nonFinite[i] as number) : 0;
    const damaged = Math.max(known + (nonFinite ?? 0), faults);
    const total = counted === 0 || count === undefined ? undefined : counted + count;
    if (histogram !== undefined) this.#histograms[i] = [...(this.#histograms[i] ?? []), histogram];
    this.#checkElements(i, total ?? 0);
    this.#set(i, this.#union(i, tensor.ends), total, damaged || undefined);
    const lost = [this.#measured[i], tensor.measured].flatMap((one) => Object.keys(one ?? {}));
    delete this.#measured[i];
    return lost;
  }

  /** Union of the min and max of row `i` and another tensor. Its kind is that of the less exact one. */
  #union(i: number, ends: TensorEnds): TensorEnds {
    const { min, max, minError, maxError } = this.#ends;
    const [lo, loError] = [min[i] as number, minError[i] as number];
    const [hi, hiError] = [max[i] as number, maxError[i] as number];
    const least = Math.min(lo - loError, ends.min - ends.minError);
    const most = Math.min(lo + loError, ends.min + ends.minError);
    const low = Math.max(hi - hiError, ends.max - ends.maxError);
    const high = Math.max(hi + hiError, ends.max + ends.maxError);
    return {
      known: ends.known === "minMax" ? (knownNames[this.#integers.known[i] as number] as Known) : ends.known,
      min: (least + most) / 2,
      max: (low + high) / 2,
      minError: (most - least) / 2,
      maxError: (high - low) / 2,
    };
  }

  #checkElements(i: number, count: number): void {
    const binned = (this.#histograms[i] ?? []).flatMap(({ counts }) => Array.from(counts));
    const most = Math.max(
      count,
      binned.reduce((sum, one) => sum + one, 0),
    );
    if (most > mostCounted)
      throw failure(
        "--ranks merge",
        `${most} elements of ${this.#names.paths[this.#integers.site[i] as number]} at step ${this.#step[i]}`,
        `at most ${mostCounted}, the largest count of a recording`,
        "leave --ranks out",
      );
  }

  #set(i: number, ends: TensorEnds, count: number | undefined, nonFinite: number | undefined): Verdict {
    const verdict = verdictOf(ends, count ?? 1, nonFinite ?? 0);
    this.#integers.verdict[i] = verdictPlace[verdict];
    this.#integers.known[i] = knownPlace[ends.known];
    this.#ends.min[i] = finite(ends.min);
    this.#ends.max[i] = finite(ends.max);
    this.#ends.minError[i] = ends.minError;
    this.#ends.maxError[i] = ends.maxError;
    this.#counts.count[i] = count ?? 0;
    this.#counts.nonFinite[i] = nonFinite ?? 0;
    return verdict;
  }

  /** Histogram of row `i`, unless some of its ranks have none. */
  #histogram(i: number): Sample | undefined {
    const histograms = this.#histograms[i];
    return histograms?.length === this.#filled[i]
      ? rebinned(histograms as readonly BinnedTensor[])
      : undefined;
  }

  /** Returns the rows and empties the buffer. They are valid until the next row is added. */
  take(): ChunkRows {
    const { rows } = this;
    const { site, verdict, known, rank, role } = this.#integers;
    let [partial, lostHistograms] = [0, 0];
    for (let i = 0; i < rows; i++) {
      role[i] = this.#names.roleOf[site[i] as number] as number;
      if ((this.#ranks[i] as number) < (this.#ranksOf[site[i] as number] as number)) partial++;
      const histograms = this.#histograms[i]?.length ?? 0;
      if (histograms < (this.#filled[i] as number)) lostHistograms += histograms;
    }
    const measured = this.#measured;
    const histogram = this.#histograms.map((_, i) => this.#histogram(i));
    [this.rows, this.#measured, this.#histograms] = [0, [], []];
    return {
      rows,
      step: this.#step,
      site: { texts: this.#names.paths, index: site },
      role: { texts: this.#names.roles, index: role },
      verdict: { texts: verdicts, index: verdict },
      known: { texts: knownNames, index: known },
      ...this.#ends,
      ...(this.#hasCounts && this.#counts),
      coldStart: this.#coldStart,
      rank,
      ...(measured.length > 0 && { measured }),
      ...(histogram.length > 0 && { histogram }),
      ...{ partial, lostHistograms },
    };
  }
}
