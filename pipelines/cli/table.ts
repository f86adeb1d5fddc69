/** A table as text: the first column to the left, numbers to the right, two spaces between. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = head.map((title, c) => Math.max(title.length, ...rows.map((row) => (row[c] ?? "").length)));
  const isNumeric = head.map(
    (_, c) => rows.length > 0 && rows.every((row) => /^[\d.,+\-−∞]/.test(row[c] ?? "")),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, c) =>
        isNumeric[c] ? cell.padStart(widths[c] as number) : cell.padEnd(widths[c] as number),
      )
      .join("  ")
      .trimEnd();
  return [line(head), line(widths.map((w) => "-".repeat(w))), ...rows.map(line)].join("\n");
};

/** `97.30 %` */
export const percent = (share: number, digits = 2): string => `${(100 * share).toFixed(digits)} %`;

/** Bytes in the largest unit of 1024 that keeps the number above 1. */
export const bytes = (count: number): string => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
};
