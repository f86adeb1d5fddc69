/** @file A contest: several ways to do one thing, timed in turns, so that noise of the machine affects all of them. */

export interface Contestant {
  readonly name: string;
  /** Does the thing once. */
  readonly run: () => unknown;
}

export interface ContestRules {
  /** Number of turns of each contestant. */
  readonly rounds: number;
  /** A turn repeats the work until it lasts at least this many milliseconds. */
  readonly leastTurn: number;
  /** Least warm-up of each contestant in milliseconds, during which compilers work. */
  readonly leastWarmUp: number;
  /** A contestant that takes longer for one run, in milliseconds after warm-up, does not take part. */
  readonly mostTurn: number;
  /** A contestant that takes longer for one run, in milliseconds after warm-up, takes part in the first three rounds only. */
  readonly longTurn: number;
  /** Clock in milliseconds, with any origin. */
  readonly now: () => number;
  /** Called with contestants that do not take part, and why. */
  readonly note: (text: string) => void;
}

/** Seconds per run of each contestant, one entry for each round that it took part in. */
export type Times = ReadonlyMap<string, readonly number[]>;

const repeat = async ({ run }: Contestant, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    const done = run();
    if (done instanceof Promise) await done;
  }
};

/** Number of warm-up runs, unless a long turn has passed by then. */
const warmUps = 3;

/** Least number of rounds that has a median. */
const fewRounds = 3;

/** Warms up every contestant, then times them round after round, reversing the order each time. */
export const contest = async (contestants: readonly Contestant[], rules: ContestRules): Promise<Times> => {
  const { rounds, leastTurn, leastWarmUp, mostTurn, longTurn, now, note } = rules;
  const timed = async (contestant: Contestant, times: number): Promise<number> => {
    const began = now();
    await repeat(contestant, times);
    return (now() - began) / times;
  };
  /** Milliseconds that the contestant takes for one run after warm-up. */
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
