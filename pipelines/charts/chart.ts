/** @file What all charts have in common: where they are drawn, how wide, and the colours that a page may set for light and dark. */
import * as Plot from "@observablehq/plot";
import type { RunView } from "../views/runView.ts";

export interface ChartOptions {
  /** Document that makes the elements; that of the browser where missing. */
  readonly document?: Document;
  /** Pixels. */
  readonly width?: number;
  /** Steps that are drawn, the last one excluded; all where missing. */
  readonly steps?: readonly [from: number, to: number];
}

/** A chart: an SVG, or a figure around it where it has a legend. */
export type Chart = (SVGSVGElement | HTMLElement) & Pick<Plot.Plot, "scale">;

/**
 * Colours that people with any colour vision tell apart. A page sets the custom properties for light and for dark paper; elsewhere
 * the colour behind each serves both.
 */
export const colours = {
  observed: "var(--rf-observed, #8aa2b8)",
  range: "var(--rf-range, #c44e00)",
  clipped: "var(--rf-clipped, #b2182b)",
  train: "var(--rf-train, #0068a8)",
  test: "var(--rf-test, #c44e00)",
  neutral: "var(--rf-neutral, #7f8b96)",
} as const;

/** Draws marks in the way of all charts. */
export const drawn = (
  { document, width = 760 }: ChartOptions,
  options: Plot.PlotOptions & { readonly ariaLabel: string },
): Chart =>
  Plot.plot({
    width,
    marginLeft: 64,
    style: { background: "none", fontFamily: "inherit", fontSize: "12px" },
    ...(document && { document }),
    ...options,
  } as Plot.PlotOptions) as Chart;

/** Indices of the buckets that lie in the steps to draw. */
export const bucketsIn = (
  { steps, width }: Pick<RunView, "steps" | "width">,
  [from, to]: readonly [number, number] = [0, steps],
): readonly number[] => {
  const first = Math.max(0, Math.floor(from / width));
  const end = Math.min(Math.ceil(steps / width), Math.ceil(to / width));
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
};

/** The middle of a bucket, in steps. */
export const middleOf = (run: Pick<RunView, "width">, bucket: number): number =>
  bucket * run.width + (run.width - 1) / 2;

/** The steps of a bucket as text: `step 7`, or `steps 8 to 15`. */
export const stepsText = ({ width, steps }: Pick<RunView, "steps" | "width">, bucket: number): string => {
  const [from, to] = [bucket * width, Math.min(steps, (bucket + 1) * width) - 1];
  return from === to ? `step ${from}` : `steps ${from} to ${to}`;
};

/** A number as a chart says it: six significant digits, without zeros at the end. */
export const numberText = (x: number): string =>
  Number.isFinite(x) ? String(Number(x.toPrecision(6))) : String(x);
