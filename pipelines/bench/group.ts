import type { Threads } from "../../core/threads.ts";
import type { Contestant, ContestRules, Times } from "./contest.ts";
import type { Peer } from "./peers.ts";
import type { Row } from "./row.ts";

/** Arguments of every group of benchmarks. */
export interface Surroundings {
  /** Fewer and smaller cases. */
  readonly quick: boolean;
  readonly peers: readonly Peer[];
  /** Threads of Rangeflow's engine; undefined means one. */
  readonly threads: Threads | undefined;
  /** Times contestants in turns. */
  readonly contest: (
    contestants: readonly Contestant[],
    rules?: Partial<Pick<ContestRules, "rounds" | "leastWarmUp" | "mostTurn" | "longTurn">>,
  ) => Promise<Times>;
  /** Clock in milliseconds, with any origin. */
  readonly now: () => number;
  /** Reports what is missing from the table, and why. */
  readonly note: (text: string) => void;
}

/** One theme of benchmarks. Rows are yielded as they are measured. */
export interface Group {
  readonly name: string;
  readonly about: string;
  readonly run: (surroundings: Surroundings) => AsyncIterable<Row>;
}
