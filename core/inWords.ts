/** @file Counts and lists in sentences. */

/**
 * A count with its noun, in the plural unless the count is 1: `1 run`, `2 runs`.
 *
 * @param several the plural. Default: `one` with an `s`.
 */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** A list with a word before its last item: `a`, `a and b`, `a, b and c`. */
export const listed = (texts: readonly string[], last = "and"): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} ${last} ${texts.at(-1)}`;
