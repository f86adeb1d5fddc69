/** @file Numbers in sentences: as many digits as a person reads, with their unit. */

/** Two significant digits, or all those in front of the point. */
export const shortText = (x: number): string =>
  !Number.isFinite(x) ? String(x) : String(Math.abs(x) >= 100 ? Math.round(x) : Number(x.toPrecision(2)));

/** A share in percent; what is not quite nothing or not quite all is not told as either. */
export const shareText = (share: number): string => {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.001) return "<0.001 %";
  if (percent > 99 && percent < 100) return `${Math.min(99.99, Number(percent.toFixed(2)))} %`;
  return `${shortText(percent)} %`;
};

/** The largest unit of 1024 that keeps a number of bytes above 1. */
export const byteUnit = (count: number): { readonly unit: string; readonly bytes: number } => {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = units.findLastIndex((_, i) => i === 0 || count >= 1024 ** i);
  return { unit: units[power] as string, bytes: 1024 ** power };
};

/** Bytes in the largest unit of which there is one, by three digits: `12.3 MB`. */
export const bytesText = (count: number): string => {
  const { unit, bytes } = byteUnit(count);
  return `${Number((count / bytes).toPrecision(3))} ${unit}`;
};
