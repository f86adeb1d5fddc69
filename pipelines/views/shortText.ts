/** @file Numbers in sentences: as many digits as a person reads, with their unit. */

/** Two significant digits, or all those in front of the point. */
export const shortText = (x: number): string =>
  !Number.isFinite(x) ? String(x) : String(Math.abs(x) >= 100 ? Math.round(x) : Number(x.toPrecision(2)));

/** A share in percent; what is not quite nothing or not quite all is not told as either. */
export const shareText = (share: number): string => {
  const percent = 100 * share;
  if (percent > 0 && percent < 0.001) return "less than 0.001 %";
  if (percent > 99 && percent < 100) return `${Math.min(99.99, Number(percent.toFixed(2)))} %`;
  return `${shortText(percent)} %`;
};

const units = ["bytes", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in the largest unit of which there is one: `12.3 MB`, thousands of thousands. */
export const bytesText = (bytes: number): string => {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power]}`;
};
