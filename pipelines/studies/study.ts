import type { Settings } from "../settings/settings.ts";
import type { Comparing } from "./comparing.ts";
import type { Cell } from "./grid.ts";

/** A study that anyone can run again by its name. */
export interface Study extends Comparing {
  readonly title: string;
  /** Subject of the comparison, in one line. */
  readonly summary: string;
  /** Settings that all cells share, as far as they differ from the defaults. */
  readonly settings: Partial<Settings>;
  readonly cells: readonly Cell[];
  readonly seeds: readonly number[];
}
