/**
 * @file Colours of charts for any colour vision, each for light and dark backgrounds. Charts refer to them as custom properties,
 *   `var(--rf-series-1, #0068a8)`; the surrounding page sets them.
 */

export interface Colour {
  readonly light: string;
  readonly dark: string;
}

export const palette = {
  ink: { light: "#1d2733", dark: "#e4e9ee" },
  quiet: { light: "#51606f", dark: "#a9b5c0" },
  grid: { light: "#dfe5ea", dark: "#2c343c" },
  paper: { light: "#ffffff", dark: "#14191e" },
  "series-1": { light: "#0068a8", dark: "#5ab4f0" },
  "series-2": { light: "#c44e00", dark: "#ff9a4d" },
  "series-3": { light: "#00795a", dark: "#35cfa2" },
  "series-4": { light: "#a8448a", dark: "#f09ad2" },
  "series-5": { light: "#7a6400", dark: "#e3c84a" },
  "series-6": { light: "#5a5a5b", dark: "#b8b8b8" },
  "series-7": { light: "#5b5fc7", dark: "#a5a8f5" },
  "series-8": { light: "#8a4b2a", dark: "#d9a183" },
  narrower: { light: "#762a83", dark: "#c58fd6" },
  wider: { light: "#1b7837", dark: "#6fcf97" },
  same: { light: "#eef0f2", dark: "#262d34" },
} as const satisfies Readonly<Record<string, Colour>>;

/** A colour as charts refer to it. */
export const paint = (name: keyof typeof palette): string => `var(--rf-${name}, ${palette[name].light})`;

/** Colours of series that appear together. */
export const seriesColours: readonly string[] = ([1, 2, 3, 4, 5, 6, 7, 8] as const).map((place) =>
  paint(`series-${place}`),
);

const properties = (paper: keyof Colour): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--rf-${name}:${colour[paper]}`)
    .join(";");

/** CSS rules that set the colours of a page. Printed pages have a light background. */
export const paletteRules = `:root{${properties("light")}}@media screen and (prefers-color-scheme:dark){:root{${properties("dark")}}}`;
