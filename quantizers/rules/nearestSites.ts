/** @file Suggestions of sites for a pattern that matches none. */

/** Edit distance between a path and a pattern, in which `*` stands for any text. */
export const editsToMatch = (pattern: string, path: string): number => {
  let row = Array.from({ length: path.length + 1 }, (_, j) => j);
  for (const letter of pattern) {
    const isStar = letter === "*";
    const next = [(row[0] as number) + (isStar ? 0 : 1)];
    for (let j = 1; j <= path.length; j++) {
      const [left, above, before] = [next[j - 1], row[j], row[j - 1]] as [number, number, number];
      next[j] = isStar
        ? Math.min(above, left)
        : Math.min(left + 1, above + 1, before + (letter === path[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[path.length] as number;
};

/** Maximum number of suggestions. */
const most = 4;

/** The sites with the smallest edit distance from a pattern, at most four. */
export const nearestSites = (pattern: string, sites: readonly string[]): readonly string[] => {
  const distances = sites.map((site) => [site, editsToMatch(pattern, site)] as const);
  const least = Math.min(...distances.map(([, distance]) => distance));
  return distances
    .filter(([, distance]) => distance === least)
    .slice(0, most)
    .map(([site]) => site);
};
