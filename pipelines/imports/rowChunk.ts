/** @file Rows on their way into a recording, some ten thousand at a time. */
import { type Known, knownNames } from "../../core/foreignStat.ts";
import type { Measured } from "../../core/measure.ts";
import { classifyRange, type Verdict } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { ForeignRows } from "../files/foreignRecorder.ts";
import { verdicts } from "../files/recordingSchema.ts";
import type { SiteNames } from "./siteNames.ts";
import { newEnds, type TensorEnds } from "./tensorEnds.ts";

const places = <T extends string>(names: readonly T[]): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name, i) => [name, i])) as Record<T, number>;

const knownPlace = places<Known>(knownNames);
const verdictPlace = places<Verdict>(verdicts);

/** A tensor that becomes a row; filled anew for each. */
export interface ImportedTensor {
  readonly ends: TensorEnds;
  /** Elements, and how many of them are not finite; undefined where that is not known. */
  count: number | undefined;
  nonFinite: number | undefined;
  isColdStart: boolean;
  /** -1 where it is not known, or of no matter. */
  rank: number;
  measured: Measured | undefined;
  histogram: Sample | undefined;
}

export const newTensor = (): ImportedTensor => ({
  ends: newEnds(),
  count: undefined,
  nonFinite: undefined,
  isColdStart: false,
  rank: -1,
  measured: undefined,
  histogram: undefined,
});

/** The verdict on a tensor; a 0 that was printed may be anything that rounds to it. */
const verdictOf = ({ known, min, max, minError }: TensorEnds, count: number, nonFinite: number): Verdict => {
  if (known === "moments") return count === 0 ? "empty" : nonFinite > 0 ? "nonFinite" : "observed";
  const verdict = classifyRange({ min, max, count, nonFinite });
  return verdict === "zero" && minError > 0 ? "observed" : verdict;
};

/** An end of a tensor's finite elements, which is not known where it is none. */
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
  #histograms: (Sample | undefined)[] = [];
  #hasCounts = false;

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
  }

  get lastStep(): number {
    return this.#step[this.rows - 1] as number;
  }

  /** Whether row `at` is there, and of this site and step. */
  is(at: number, site: number, step: number): boolean {
    return at < this.rows && this.#integers.site[at] === site && this.#step[at] === step;
  }

  /** Adds a row. @returns the verdict on its tensor */
  add(site: number, step: number, tensor: ImportedTensor): Verdict {
    const i = this.rows++;
    this.#step[i] = step;
    this.#integers.site[i] = site;
    this.#integers.rank[i] = tensor.rank;
    this.#coldStart[i] = tensor.isColdStart ? 1 : 0;
    if (tensor.measured !== undefined) this.#measured[i] = tensor.measured;
    if (tensor.histogram !== undefined) this.#histograms[i] = tensor.histogram;
    if (tensor.count !== undefined || tensor.nonFinite !== undefined) this.#hasCounts = true;
    return this.#set(i, tensor.ends, tensor.count, tensor.nonFinite);
  }

  /** Makes row `i` one of its tensor and another together: the lesser min, the greater max, all elements. */
  merge(i: number, { ends, count, nonFinite, isColdStart }: ImportedTensor): void {
    const { min, max, minError, maxError } = this.#ends;
    const [lo, loError] = [min[i] as number, minError[i] as number];
    const [hi, hiError] = [max[i] as number, maxError[i] as number];
    const least = Math.min(lo - loError, ends.min - ends.minError);
    const most = Math.min(lo + loError, ends.min + ends.minError);
    const low = Math.max(hi - hiError, ends.max - ends.maxError);
    const high = Math.max(hi + hiError, ends.max + ends.maxError);
    const both = {
      known: ends.known,
      min: (least + most) / 2,
      max: (low + high) / 2,
      minError: (most - least) / 2,
      maxError: (high - low) / 2,
    };
    this.#coldStart[i] = this.#coldStart[i] === 1 || isColdStart ? 1 : 0;
    delete this.#measured[i];
    delete this.#histograms[i];
    const faults = Number.isNaN(lo) || Number.isNaN(hi) ? 1 : 0;
    const sum = (name: "count" | "nonFinite", more = 0): number | undefined =>
      this.#hasCounts ? (this.#counts[name][i] as number) + more : undefined;
    this.#set(i, both, sum("count", count), (sum("nonFinite", nonFinite) ?? 0) + faults || undefined);
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

  /** The rows, which hold until the next one is added; then there are none. */
  take(): ForeignRows {
    const { rows } = this;
    const { site, verdict, known, rank, role } = this.#integers;
    for (let i = 0; i < rows; i++) role[i] = this.#names.roleOf[site[i] as number] as number;
    const [measured, histogram] = [this.#measured, this.#histograms];
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
    };
  }
}
