/** @file What a person looks at, and what a part of the page is drawn from. */
import type { RunView } from "../views/runView.ts";
import type { Steps } from "./zoom.ts";

/** Place of the comparison, in front of all runs. */
export const allRuns = -1;

export interface Look {
  /** Place of the run among those of the page; `allRuns` for their comparison. */
  readonly run: number;
  /** Path of the site; that of the first one where missing. */
  readonly site?: string | undefined;
  /** Steps of all charts; all of the run where missing. */
  readonly steps?: Steps | undefined;
  /** What was chosen, by the name of the choice. */
  readonly choices: Readonly<Record<string, string>>;
}

/** Changes what a person looks at, and draws the page anew. */
export type Go = (change: Partial<Look>) => void;

/** What a part of the page is drawn from. */
export interface Place {
  readonly run: RunView;
  readonly look: Look;
  readonly go: Go;
  /** Pixels that charts are wide. */
  readonly width: number;
  /** Whether the run goes on while the page shows it. */
  readonly isLive: boolean;
}

/** Options that all charts of a part are drawn with. */
export const chartOptions = ({
  look: { steps },
  width,
}: Place): { readonly width: number; readonly steps?: Steps } => ({ width, ...(steps && { steps }) });

/** What hears of a zoom into any chart: all charts follow. */
export const zoomOf =
  ({ go }: Pick<Place, "go">) =>
  (steps: Steps | undefined): void =>
    go({ steps });
