/** Some of the names, to fit into a line. */
export const someOf = (names: readonly string[]): string =>
  [...names.slice(0, 4), ...(names.length > 4 ? [`${names.length - 4} more`] : [])].join(", ");
