import type { Settings } from "../settings/settings.ts";
import type { Comparing } from "./comparing.ts";
import type { Cell } from "./grid.ts";

/** A study with a name, which `compare --study` runs. */
export interface Study extends Comparing {
  /** Title of its page. */
  readonly title: string;
  /** Subject of the comparison, in one line. */
  readonly summary: string;
  /** Settings that all cells share and that differ from the defaults. */
  readonly settings: Partial<Settings>;
  /** Changes of each cell. */
  readonly cells: readonly Cell[];
  /** Seeds that every cell runs with. */
  readonly seeds: readonly number[];
}
