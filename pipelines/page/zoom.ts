/** @file Zooms a chart by dragging, and resets it by a double click. */
import type { Chart } from "../charts/chart.ts";

export type Steps = readonly [from: number, to: number];

const svgNamespace = "http://www.w3.org/2000/svg";

const svgOf = (chart: Chart): SVGSVGElement =>
  chart instanceof SVGSVGElement ? chart : [...chart.querySelectorAll("svg")].at(-1)!;

/** Distance in pixels from which a moving press is a drag. */
const leastDrag = 4;

/**
 * Lets the user select steps in a chart.
 *
 * @param zoom called with the steps; undefined for all
 */
export const zoomable = (chart: Chart, zoom: (steps: Steps | undefined) => void): Chart => {
  const scale = chart.scale("x");
  if (scale?.invert === undefined) return chart;
  const svg = svgOf(chart);
  const xOf = (event: PointerEvent): number => {
    const { left, width } = svg.getBoundingClientRect();
    return ((event.clientX - left) * svg.viewBox.baseVal.width) / width;
  };
  const shade = document.createElementNS(svgNamespace, "rect");
  shade.setAttribute("class", "zoom-shade");
  shade.setAttribute("height", "100%");
  let from: number | undefined;
  // Plot stops the event for later listeners, because a tip stays where it was pressed.
  svg.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button === 0) from = xOf(event);
    },
    { capture: true },
  );
  svg.addEventListener("pointermove", (event) => {
    if (from === undefined) return;
    const to = xOf(event);
    if (Math.abs(to - from) < leastDrag) return;
    if (!shade.isConnected) {
      svg.append(shade);
      svg.setPointerCapture(event.pointerId);
    }
    shade.setAttribute("x", String(Math.min(from, to)));
    shade.setAttribute("width", String(Math.abs(to - from)));
  });
  svg.addEventListener("pointerup", (event) => {
    if (from !== undefined && shade.isConnected) {
      const [a, b] = [from, xOf(event)].sort((x, y) => x - y).map((x) => scale.invert!(x) as number);
      shade.remove();
      zoom([Math.max(0, Math.floor(a!)), Math.ceil(b!) + 1]);
    }
    from = undefined;
  });
  svg.addEventListener("dblclick", () => zoom(undefined));
  return chart;
};
