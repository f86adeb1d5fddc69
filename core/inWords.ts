/** @file Counts and lists as sentences have them. */

/**
 * A count with what is counted, which has its plural unless there is one: `1 run`, `2 runs`.
 *
 * @param several the plural; an `s` behind `one` where missing
 */
export const counted = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** A list with a word in front of its last text: `a`, `a and b`, `a, b and c`. */
export const listed = (texts: readonly string[], last = "and"): string =>
  texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} ${last} ${texts.at(-1)}`;
