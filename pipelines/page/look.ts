/** @file What the page shows, and what its parts are drawn from. */
import type { RunView } from "../views/runView.ts";
import type { Steps } from "./zoom.ts";

/** Index of the comparison, before all runs. */
export const allRuns = -1;

export interface Look {
  /** Index of the run; `allRuns` for the comparison. */
  readonly run: number;
  /** Path of the site. Default: the first one. */
  readonly site?: string | undefined;
  /** Steps of all charts. Default: all steps of the run. */
  readonly steps?: Steps | undefined;
  /** Selected values, by the name of the choice. */
  readonly choices: Readonly<Record<string, string>>;
}

/** Changes what the page shows, and redraws it. */
export type Go = (change: Partial<Look>) => void;

/** Input of a part of the page. */
export interface Place {
  readonly run: RunView;
  readonly look: Look;
  readonly go: Go;
  /** Width of charts in pixels. */
  readonly width: number;
  /** Whether the run is in progress while the page shows it. */
  readonly isLive: boolean;
}

/** Options of all charts in a part. */
export const chartOptions = ({
  look: { steps },
  width,
}: Place): { readonly width: number; readonly steps?: Steps } => ({ width, ...(steps && { steps }) });

/** Handler for zooming into any chart. All charts follow. */
export const zoomOf =
  ({ go }: Pick<Place, "go">) =>
  (steps: Steps | undefined): void =>
    go({ steps });
