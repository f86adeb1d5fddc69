/** Compares bit widths over seeds, in parallel processes; after a kill, the same call resumes. */
import { builtIn, combinations, compare } from "rangeflow";

const out = process.argv[2] ?? "runs/compareWidths";
const small = builtIn({ epochs: 1, limit: 512, testLimit: 200 });
const cells = [{ bits: "32/32/32" }, ...combinations({ bits: ["4/4/4"], gradientRange: ["inHindsight"] })];
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

compare({ small }, { cells, seeds: [1, 2], out }).subscribe((event) => {
  if (event.event !== "cell") return;
  const { settings, test, againstFirst } = event;
  console.log(`${settings.bits}: accuracy ${percent(test?.mean ?? 0)}`);
  // Differences are paired by seed; p is that of a paired t-test.
  const difference = againstFirst?.test;
  if (difference)
    console.log(`  against float32: ${percent(difference.mean)}, p = ${difference.p?.toFixed(2)}`);
});

/* It prints:
32/32/32: accuracy 26.25 %
4/4/4: accuracy 23.00 %
  against float32: -3.25 %, p = 0.62
*/
