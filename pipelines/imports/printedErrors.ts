/** @file Precision of the numbers in one file: value by value, and by column once its end shows how a column was printed. */
import {
  fixedError,
  isFixedPrecision,
  type Precision,
  type PrintedColumn,
  PrintedForms,
  precisionFault,
} from "./precision.ts";
import { certainForm, type Statistic, type StatisticColumn } from "./statisticBatch.ts";

/** Statistics whose precision matters. */
const withErrors: readonly Statistic[] = ["min", "max", "amax", "scale"];

/** Half-widths of a file's values, as far as they are known before its end. */
export class PrintedErrors {
  readonly #precision: Precision;
  #forms = new Map<Statistic, PrintedForms>();
  #undecided = new Set<Statistic>();

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  /** Begins a file. */
  begin(): void {
    [this.#forms, this.#undecided] = [new Map(), new Set()];
  }

  /** Whether the values of a column may have errors; `isSaid` if rows state their decimals. */
  mayHave(statistic: Statistic, { halfUnits }: StatisticColumn, isSaid: boolean): boolean {
    if (!withErrors.includes(statistic) || this.#precision === "exact") return false;
    return halfUnits !== undefined || isSaid || isFixedPrecision(this.#precision);
  }

  /** Problem with a value for which the user's precision is wrong; none if its row states its own. */
  fault(
    statistic: Statistic,
    value: number,
    decimals: number | undefined,
  ): ReturnType<typeof precisionFault> {
    return decimals === undefined ? precisionFault(this.#precision, statistic, value) : undefined;
  }

  /** Half-width of the i-th value of a column; negative if the end of the file decides it. What its row states takes precedence. */
  of(
    statistic: Statistic,
    { values, halfUnits, forms }: StatisticColumn,
    i: number,
    decimals?: number,
  ): number {
    const value = values[i] as number;
    if (!Number.isFinite(value)) return 0;
    const form = forms?.[i] ?? certainForm;
    if (form !== certainForm) this.#formsOf(statistic).add(form);
    const said = fixedError(decimals, value) ?? fixedError(this.#precision, value);
    const printed = said ?? halfUnits?.[i] ?? 0;
    if (said !== undefined || printed === 0 || form === certainForm || this.#precision !== "auto")
      return printed;
    this.#undecided.add(statistic);
    return -printed;
  }

  /** Statistics with values that waited for the end of the file, and how each was printed; undefined for an exact one. */
  decided(file: string): ReadonlyMap<Statistic, PrintedColumn | undefined> {
    return new Map(
      [...this.#undecided].map((statistic) => {
        const { isFixed, decimals, hasExponent } = this.#formsOf(statistic);
        return [statistic, isFixed ? { file, statistic, decimals, hasExponent } : undefined];
      }),
    );
  }

  #formsOf(statistic: Statistic): PrintedForms {
    const forms = this.#forms.get(statistic) ?? new PrintedForms();
    this.#forms.set(statistic, forms);
    return forms;
  }
}
