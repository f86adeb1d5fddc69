/**
 * @file Charts of runs as elements for pages and notebooks: `rangeflow/charts`. Each function takes the data of a run, a `RunView`, and
 *   returns an SVG element, or a figure around it. Nothing here depends on Node. In a browser, elements belong to the page's document;
 *   elsewhere pass a `document`, for example linkedom's, and `svgFile` makes the text of a file. Types are those of a DOM (`"lib":
 *   ["DOM"]`) and of Plot, which requires `skipLibCheck`.
 */

// Data of a run: `readRunView` of `rangeflow` reads them from a directory; as bytes they can be sent to a browser

export { packed, unpacked } from "./views/packed.ts";
export type { EpochView, RunView, SiteView } from "./views/runView.ts";
export { warningsOf } from "./views/warnings.ts";

// Shared by all charts

export type { Chart, ChartOptions } from "./charts/chart.ts";
export { svgFile } from "./report/svgFile.ts";

// Learning

export { type EpochPanel, epochChart, epochPanels } from "./charts/epochs.ts";
export { type LossOptions, lossChart, rateChart } from "./charts/learning.ts";

// All sites, the bytes they move, and single sites

export { bytesMoved } from "./charts/bytesMoved.ts";
export { clippedShare } from "./charts/clippedShare.ts";
export { type FitMapOptions, fitMap } from "./charts/fitMap.ts";
export type { SiteChartOptions } from "./charts/siteChart.ts";
export { siteHistogram } from "./charts/siteHistogram.ts";
export { siteRanges } from "./charts/siteRanges.ts";
export { siteSqnr } from "./charts/siteSqnr.ts";

// Several runs

export { fitDifferenceMap } from "./charts/fitDifferenceMap.ts";
export {
  type LossOverlayOptions,
  lossOverlay,
  type OverlayOptions,
  scoreOverlay,
} from "./charts/learningOverlay.ts";
