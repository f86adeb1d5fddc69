/**
 * @file Common parts of all charts: where they are drawn, their width, and colours, which a page may set for light and dark backgrounds.
 */
import * as Plot from "@observablehq/plot";
import type { Role } from "../../core/signal.ts";
import type { RunView } from "../views/runView.ts";

export { stepsText } from "../views/stepsText.ts";

/** Options of all charts. */
export interface ChartOptions {
  /** Document that creates the elements. Default: that of the browser. */
  readonly document?: Document;
  /** Width in pixels. Default: 760. */
  readonly width?: number;
  /** Steps to draw, the last one excluded. Default: all. */
  readonly steps?: readonly [from: number, to: number];
}

/** A chart: an SVG element, or a figure around it if it has a legend. */
export type Chart = (SVGSVGElement | HTMLElement) & Pick<Plot.Plot, "scale">;

/**
 * Colours for any colour vision. A page may set the custom properties for light and dark backgrounds; the fallback after each suits both.
 */
export const colours = {
  observed: "var(--rf-observed, #8aa2b8)",
  /** Text about observed values, which needs more contrast than an area. */
  observedText: "var(--rf-observed-text, #51687d)",
  range: "var(--rf-range, #c44e00)",
  clipped: "var(--rf-clipped, #b2182b)",
  train: "var(--rf-train, #0068a8)",
  test: "var(--rf-test, #c44e00)",
  neutral: "var(--rf-neutral, #7f8b96)",
} as const;

/** Titles of the tensors of each role, in the order of charts. */
export const roleTitles: Readonly<Record<Role, string>> = {
  weight: "weights",
  activation: "activations",
  gradient: "gradients",
};

const isSvg = ({ tagName }: Element): boolean => tagName.toLowerCase() === "svg";

/** Draws marks with the common style. Screen readers see a picture with a label. */
export const drawn = (
  { document, width = 760 }: ChartOptions,
  options: Plot.PlotOptions & { readonly ariaLabel: string },
): Chart => {
  const chart = Plot.plot({
    width,
    marginLeft: 64,
    style: { background: "none", fontFamily: "inherit", fontSize: "12px" },
    ...(document && { document }),
    ...options,
  } as Plot.PlotOptions) as Chart;
  [chart, ...chart.children].find(isSvg)?.setAttribute("role", "img");
  return chart;
};

/** Indices of the buckets within the steps to draw. */
export const bucketsIn = (
  { steps, width }: Pick<RunView, "steps" | "width">,
  [from, to]: readonly [number, number] = [0, steps],
): readonly number[] => {
  const first = Math.max(0, Math.floor(from / width));
  const end = Math.min(Math.ceil(steps / width), Math.ceil(to / width));
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
};

/** Integer ticks, about `most` of them, for an axis. */
export const wholeTicks = ([from, to]: readonly [number, number], most: number): readonly number[] => {
  const least = Math.max(1, (to - from) / most);
  const power = 10 ** Math.floor(Math.log10(least));
  const stride = [1, 2, 5, 10].map((times) => times * power).find((one) => one >= least && one >= 1)!;
  const first = Math.ceil(from / stride);
  return Array.from(
    { length: Math.max(0, Math.floor(to / stride) - first + 1) },
    (_, i) => (first + i) * stride,
  );
};

/** Axis of steps: those to draw, or all steps of the run, so that charts below each other align. Ticks are integers. */
export const stepAxis = (
  { steps }: Pick<RunView, "steps">,
  { steps: drawn = [0, Math.max(1, steps)], width = 760 }: ChartOptions,
) => ({ label: "step", domain: [...drawn], ticks: [...wholeTicks(drawn, width / 90)], tickFormat: ",~d" });

/** Format of values: at most five digits, and powers of ten beyond. */
export const tickFormat = ".5~g";

/** Clips marks at the frame if only some steps are drawn. */
export const clipOf = ({ steps }: ChartOptions): "frame" | null => (steps ? "frame" : null);

/** Marks at the upper edge for values that are not finite. */
export const notFiniteMarks = <P extends { readonly step: number; readonly text: string }>(
  { steps }: Pick<RunView, "steps">,
  points: readonly P[],
  options: ChartOptions,
): readonly Plot.Markish[] => {
  const [first] = points;
  if (first === undefined) return [];
  const [from, to] = options.steps ?? [0, steps];
  const isLate = first.step > (from + to) / 2;
  return [
    Plot.dot(points, {
      x: "step",
      frameAnchor: "top",
      symbol: "times",
      stroke: colours.clipped,
      strokeWidth: 1.5,
      r: 3,
      ariaDescription: "not finite",
      clip: clipOf(options),
    }),
    Plot.text([first], {
      ...{ x: "step", frameAnchor: "top", text: () => "not finite", dy: 1 },
      ...(isLate ? { textAnchor: "end", dx: -6 } : { textAnchor: "start", dx: 6 }),
      fill: colours.clipped,
    }),
    Plot.tip(points, Plot.pointerX({ x: "step", frameAnchor: "top", title: "text" })),
  ];
};

/** The middle of a bucket, in steps. */
export const middleOf = (run: Pick<RunView, "width">, bucket: number): number =>
  bucket * run.width + (run.width - 1) / 2;

/** A number with all its digits, exact to the bit. */
export const exactText = (x: number): string => (Object.is(x, -0) ? "-0" : String(x));

/** A number with six significant digits, without trailing zeros. */
export const numberText = (x: number): string =>
  Number.isFinite(x) ? String(Number(x.toPrecision(6))) : String(x);

/** A share in percent. */
export const percentText = (share: number): string => `${numberText(100 * share)} %`;
