/** @file Suggestions for misspelt names. */

/**
 * Edit distance between two texts: insertions, deletions, substitutions, and transpositions of neighbours.
 *
 * @see optimal string alignment, a restricted Damerau-Levenshtein distance
 */
export const edits = (from: string, to: string): number => {
  let [before, last] = [[] as number[], Array.from({ length: to.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const isSame = from[i - 1] === to[j - 1];
      const isExchanged = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      row[j] = Math.min(
        (row[j - 1] as number) + 1,
        (last[j] as number) + 1,
        (last[j - 1] as number) + (isSame ? 0 : 1),
        isExchanged ? (before[j - 2] as number) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, row];
  }
  return last[to.length] as number;
};

const most = 3;

/**
 * The names with the smallest edit distance from `wanted`, ignoring case: at most three, no more than a third of its
 * letters away, and sharing at least one letter.
 */
export const nearestTo = (wanted: string, names: readonly string[]): readonly string[] => {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const distances = names
    .filter((name) => Math.abs(name.length - wanted.length) <= limit)
    .map((name) => [name, edits(wanted.toLowerCase(), name.toLowerCase())] as const)
    .filter(([name, distance]) => distance < Math.max(wanted.length, name.length));
  const least = Math.min(limit, ...distances.map(([, distance]) => distance));
  return distances
    .filter(([, distance]) => distance === least)
    .slice(0, most)
    .map(([name]) => name);
};

/** Fewest letters of a name that is looked for within others. */
const wordLength = 4;

/** Names that contain a whole one, such as `weightDecay` for `decay`, ignoring case. */
const containing = (wanted: string, names: readonly string[]): readonly string[] =>
  wanted.length < wordLength ? [] : names.filter((name) => name.toLowerCase().includes(wanted.toLowerCase()));

/**
 * Text that suggests names for an unknown one: the nearest, with those that contain it, or `otherwise`, by default the list of all names.
 */
export const expectedName = (
  wanted: string,
  names: readonly string[],
  otherwise = `one of ${names.join(", ")}`,
): string => {
  const near = nearestTo(wanted, names);
  if (near.length === 0) return otherwise;
  return [...new Set([...near, ...containing(wanted, names)])].slice(0, most).join(" or ");
};
