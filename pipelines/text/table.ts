/** @file Tables as text and in Markdown. */

/** A table of texts. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Columns that hold numbers. They are right-aligned. */
const numericIn = ({ head, rows }: Table): readonly boolean[] =>
  head.map((_, c) => rows.length > 0 && rows.every((row) => /^[\d.,+\-−∞]/.test(row[c] ?? "")));

/** A table as text: the first column left-aligned, numbers right-aligned, two spaces between columns. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => (row[c] ?? "").length)));
  const isNumeric = numericIn({ head, rows });
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) =>
        isNumeric[c] ? cell.padStart(widths[c] as number) : cell.padEnd(widths[c] as number),
      )
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((w) => "-".repeat(w))), ...rows.map(line)].join("\n");
};

/** The same in Markdown. */
export const markdownTable = ({ head, rows }: Table): string => {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|").replaceAll("*", "\\*")).join(" | ")} |`;
  const rule = numericIn({ head, rows }).map((isNumeric) => (isNumeric ? "---:" : "---"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
};
