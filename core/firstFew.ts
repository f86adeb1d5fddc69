/**
 * The first few of many names, for a sentence, and the number of the others.
 *
 * @example
 * firstFew(["a", "b", "c"], 2); // "a, b and 1 more"
 */
export const firstFew = (names: readonly string[], most = 5): string =>
  `${names.slice(0, most).join(", ")}${names.length > most ? ` and ${names.length - most} more` : ""}`;
