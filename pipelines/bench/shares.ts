import type { Row } from "./row.ts";
import { median, spread } from "./statistics.ts";

/**
 * Rows that say how a whole is divided, largest part first.
 *
 * @param rounds milliseconds by part, one map for each measurement of the whole
 */
export const shares = (
  what: Pick<Row, "group" | "case">,
  whole: string,
  rounds: readonly ReadonlyMap<string, number>[],
): readonly Row[] => {
  const totals = rounds.map((parts) => [...parts.values()].reduce((sum, part) => sum + part, 0));
  const names = [...new Set(rounds.flatMap((parts) => [...parts.keys()]))];
  return names
    .map((subject) => {
      const times = rounds.map((parts) => parts.get(subject) ?? 0);
      const ratios = times.map((time, i) => time / (totals[i] as number));
      return {
        ...what,
        subject,
        value: median(times),
        unit: "ms",
        versus: whole,
        ratio: median(ratios),
        spread: median(ratios) > 0 ? spread(ratios) : 0,
        rounds: rounds.length,
      };
    })
    .sort((a, b) => b.ratio - a.ratio);
};
