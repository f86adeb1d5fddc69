import type { Times } from "./contest.ts";
import type { Row } from "./row.ts";
import { geometricMean, median, spread } from "./statistics.ts";

/** Amount of work per run, and its unit per second: 0.46 GOP and `GOP/s`, 128 images and `images/s`. */
export interface Amount {
  readonly group: string;
  readonly case: string;
  readonly amount: number;
  readonly unit: string;
}

const perSecond = (amount: number, seconds: readonly number[]): number => amount / median(seconds);

/** A contestant, and its name in the rows. */
export interface Named {
  readonly name: string;
  readonly shown: string;
}

/** A subject against each rival that took part; alone if there was none, and no row if it did not take part itself. */
export const compared = (
  { group, case: of, amount, unit }: Amount,
  times: Times,
  subject: Named,
  rivals: readonly Named[],
): readonly Row[] => {
  const own = times.get(subject.name);
  if (own === undefined) return [];
  const common = { group, case: of, subject: subject.shown, value: perSecond(amount, own), unit };
  const against = rivals.flatMap(({ name, shown }): readonly Row[] => {
    const other = times.get(name);
    if (other === undefined) return [];
    const rounds = Math.min(own.length, other.length);
    const ratios = own.slice(0, rounds).map((seconds, round) => (other[round] as number) / seconds);
    return [{ ...common, versus: shown, ratio: median(ratios), spread: spread(ratios), rounds }];
  });
  return against.length > 0
    ? against
    : [{ ...common, versus: null, ratio: null, spread: spread(own), rounds: own.length }];
};

/**
 * Geometric means, one row for each pair of subject and rival that met in several cases.
 *
 * @param kindOf key of the cases that belong together
 */
export const geometricMeans = (rows: readonly Row[], kindOf: (row: Row) => string): readonly Row[] => {
  const keyOf = (row: Row): string => JSON.stringify([kindOf(row), row.subject, row.versus]);
  const byKey = new Map<string, readonly Row[]>();
  for (const row of rows)
    if (row.ratio !== null) byKey.set(keyOf(row), [...(byKey.get(keyOf(row)) ?? []), row]);
  const several = [...byKey.values()].filter(({ length }) => length > 1);
  return several.map((same) => {
    const first = same[0] as Row;
    return {
      ...first,
      case: `geometric mean of ${same.length}: ${kindOf(first)}`,
      value: geometricMean(same.map(({ value }) => value)),
      ratio: geometricMean(same.map(({ ratio }) => ratio as number)),
      spread: null,
      rounds: Math.min(...same.map(({ rounds }) => rounds ?? 0)),
    };
  });
};
