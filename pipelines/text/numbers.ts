/** @file Numbers in sentences and tables, with few digits and their unit. */

/** Two significant digits, or all digits before the point. */
export const shortText = (x: number): string =>
  !Number.isFinite(x) ? String(x) : String(Math.abs(x) >= 100 ? Math.round(x) : Number(x.toPrecision(2)));

/** A share in percent. One that is not exactly 0 or 1 is never printed as such. */
export const shareText = (share: number): string => {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.001) return "<0.001 %";
  if (percent > 99 && percent < 100) return `${Math.min(99.99, Number(percent.toFixed(2)))} %`;
  return `${shortText(percent)} %`;
};

/** The largest unit (powers of 1024) of which a number of bytes has at least one. */
export const byteUnit = (count: number): { readonly unit: string; readonly bytes: number } => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = units.findLastIndex((_, i) => i === 0 || count >= 1024 ** i);
  return { unit: units[power] as string, bytes: 1024 ** power };
};

/** Bytes in the largest suitable unit: `999 B`, `12.5 MB`. */
export const bytesText = (count: number): string => {
  const { unit, bytes } = byteUnit(count);
  return `${bytes === 1 ? count : (count / bytes).toFixed(1)} ${unit}`;
};

/** A share in percent with so many decimals: `97.30 %`. */
export const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
