/** @file A contest: several ways to do one thing, timed in turns, so that a noisy machine is noisy for all of them. */

export interface Contestant {
  readonly name: string;
  /** Does the thing once. */
  readonly run: () => unknown;
}

export interface ContestRules {
  /** Number of turns of each contestant. */
  readonly rounds: number;
  /** A turn repeats what is done until it lasts at least so many milliseconds. */
  readonly leastTurn: number;
  /** Milliseconds, at least, that each contestant runs before it is timed: compilers work while it does. */
  readonly leastWarmUp: number;
  /** Who takes longer than so many milliseconds for once, warmed up, does not take part. */
  readonly mostTurn: number;
  /** Who takes longer than so many milliseconds for once, warmed up, has its turn in the first three rounds only. */
  readonly longTurn: number;
  /** Milliseconds since any fixed moment. */
  readonly now: () => number;
  /** Hears who does not take part, and why. */
  readonly note: (text: string) => void;
}

/** Seconds that each contestant took for once, one entry for each round that it took part in, from the first on. */
export type Times = ReadonlyMap<string, readonly number[]>;

const repeat = async ({ run }: Contestant, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    const done = run();
    if (done instanceof Promise) await done;
  }
};

/** Number of times that a contestant runs before it is timed, unless it has taken a long turn by then. */
const warmUps = 3;

/** The least of which one lies in the middle. */
const fewRounds = 3;

/** Warms every contestant up, then times them round after round; the order is turned around each time. */
export const contest = async (contestants: readonly Contestant[], rules: ContestRules): Promise<Times> => {
  const { rounds, leastTurn, leastWarmUp, mostTurn, longTurn, now, note } = rules;
  const timed = async (contestant: Contestant, times: number): Promise<number> => {
    const began = now();
    await repeat(contestant, times);
    return (now() - began) / times;
  };
  /** Milliseconds that the contestant takes for once when it is warm. */
  const warmedUp = async (contestant: Contestant): Promise<number> => {
    const began = now();
    const isWarm = (runs: number): boolean => {
      const taken = now() - began;
      return taken >= leastWarmUp && (runs >= warmUps || taken >= longTurn);
    };
    let once = await timed(contestant, 1);
    for (let runs = 1; once <= mostTurn && !isWarm(runs); runs++) once = await timed(contestant, 1);
    return once;
  };
  const taking: {
    readonly contestant: Contestant;
    readonly times: number;
    readonly rounds: number;
    readonly seconds: number[];
  }[] = [];
  for (const contestant of contestants) {
    const once = await warmedUp(contestant);
    if (once > mostTurn) note(`${contestant.name} takes ${(once / 1000).toFixed(1)} s and is left out`);
    else
      taking.push({
        contestant,
        times: once > 0 ? Math.ceil(leastTurn / once) : 1,
        rounds: once > longTurn ? Math.min(fewRounds, rounds) : rounds,
        seconds: [],
      });
  }
  for (let round = 0; round < rounds; round++)
    for (const { contestant, times, rounds: own, seconds } of round % 2 === 0 ? taking : taking.toReversed())
      if (round < own) seconds.push((await timed(contestant, times)) / 1000);
  return new Map(taking.map(({ contestant, seconds }) => [contestant.name, seconds]));
};
