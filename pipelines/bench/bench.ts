/** @file Benchmarks: rows of measured ratios, group after group. */
import type { Threads } from "../../core/threads.ts";
import { type ContestRules, contest } from "./contest.ts";
import type { Group } from "./group.ts";
import { openPeers } from "./peers.ts";
import type { Row } from "./row.ts";

export interface BenchOptions {
  readonly groups: readonly Group[];
  /** Fewer and smaller cases, and shorter turns: all groups in about a minute. */
  readonly quick?: boolean;
  /** Number of times that each contestant is timed, at least 7, so that a median is meaningful. */
  readonly rounds?: number;
  /** Threads of Rangeflow's engine. Default: one. */
  readonly threads?: Threads | undefined;
  /** Folder of the peers. Default: that of the repository. */
  readonly peers?: string;
  /** Called with what is missing from the rows, and why. */
  readonly note?: (text: string) => void;
}

const leastRounds = 7;

/**
 * Measures group after group and yields their rows as they come.
 *
 * @throws `RangeflowFailure` if the given folder has no peers; an internal error if a result differs from that of the reference
 * @example
 * for await (const row of bench({ groups: [conv], quick: true })) console.log(row);
 */
export async function* bench(options: BenchOptions): AsyncGenerator<Row> {
  const { groups, quick = false, threads, note = () => {} } = options;
  const now = (): number => performance.now();
  const usual: ContestRules = {
    rounds: Math.max(options.rounds ?? leastRounds, leastRounds),
    leastTurn: quick ? 4 : 20,
    leastWarmUp: quick ? 300 : 1500,
    mostTurn: Number.POSITIVE_INFINITY,
    longTurn: Number.POSITIVE_INFINITY,
    now,
    note,
  };
  const peers = await openPeers(options.peers, note);
  try {
    for (const { run } of groups)
      yield* run({
        quick,
        peers,
        threads,
        now,
        note,
        contest: (contestants, rules) =>
          contest(contestants, {
            ...usual,
            ...rules,
            rounds: Math.max(usual.rounds, rules?.rounds ?? leastRounds),
          }),
      });
  } finally {
    for (const peer of peers) await peer.close();
  }
}
