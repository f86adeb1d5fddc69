/** @file Names that a person may have meant by one that is not there. */

/**
 * Edits that turn one text into another: letters put in, left out, changed, or exchanged with their neighbour.
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

/** Names that are fewest edits away from `wanted`, whatever their case: at most three, none more than a third of the letters away, and none without a letter in common. */
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

/** Names to expect in place of an unknown one: the nearest ones, or what is said `otherwise`, by default all of them. */
export const expectedName = (
  wanted: string,
  names: readonly string[],
  otherwise = `one of ${names.join(", ")}`,
): string => {
  const near = nearestTo(wanted, names);
  return near.length > 0 ? near.join(" or ") : otherwise;
};
