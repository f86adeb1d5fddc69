/**
 * @file What an engine needs from its environment to use threads. Starting them and reading clocks is left to
 *   `pipelines`.
 */

/** A worker that was started. */
export interface Thread {
  terminate(): void;
  /**
   * Whether it has finished. Asked while the starting thread blocks and receives no events; false where that cannot be
   * known.
   */
  hasEnded(): boolean;
}

/** Threads that an engine may start. */
export interface Threads {
  /** Number of threads to use, the calling one included; `auto`: the number that a measurement finds fastest. */
  readonly wanted: number | "auto";
  /** Upper limit for `auto`: the number of threads the machine runs at the same time. */
  readonly available: number;
  /**
   * Starts a worker that calls `program`, the source text of a function, with `given`, which contains shared memory. It
   * must not keep the process alive, and an exception in it must not end anything else.
   */
  readonly start: (program: string, given: object) => Thread;
  /** Whether workers start while the starting thread blocks. */
  readonly startsWhileWaiting: boolean;
  /** Milliseconds since an arbitrary moment. */
  readonly now: () => number;
  /** Smallest work per thread that is worth waking it for, in nanoseconds on one thread. */
  readonly grain: number;
}
