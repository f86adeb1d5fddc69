/** @file How exact the numbers of one file are: value by value, and column by column once its end shows how a column was printed. */
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

/** Half-widths of the values of a file, as far as one does not wait for the end of the file. */
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

  /** Whether the values of a column may have errors; `isSaid` where rows say their decimals. */
  mayHave(statistic: Statistic, { halfUnits }: StatisticColumn, isSaid: boolean): boolean {
    if (!withErrors.includes(statistic) || this.#precision === "exact") return false;
    return halfUnits !== undefined || isSaid || isFixedPrecision(this.#precision);
  }

  /** What is wrong with a value that a precision for all is said of; nothing where its row says its own. */
  fault(
    statistic: Statistic,
    value: number,
    decimals: number | undefined,
  ): ReturnType<typeof precisionFault> {
    return decimals === undefined ? precisionFault(this.#precision, statistic, value) : undefined;
  }

  /** Half-width of the i-th value of a column, negative where the end of the file decides it; what its row says goes first. */
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

  /** Statistics with values that waited for the end of the file, each with how it was printed; undefined for one that is exact. */
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
