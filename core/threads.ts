/** @file What the engine needs of its surroundings to run on several threads; starting them and reading a clock is for `pipelines`. */

/** A worker that was started. */
export interface Thread {
  terminate(): void;
  /** Whether it has ended; asked while the thread that started it waits and sees no events, and false where nobody can know. */
  hasEnded(): boolean;
}

/** Threads that an engine may start. */
export interface Threads {
  /** Number of threads to use, the calling one included; `auto`: as many as a measurement finds to help. */
  readonly wanted: number | "auto";
  /** Most that `auto` may use: those that the machine runs at the same time. */
  readonly available: number;
  /**
   * Starts a worker that calls `program`, the text of a function, with `given`, which holds shared memory. It must not keep the
   * process alive, and what it throws must end nothing but itself.
   */
  readonly start: (program: string, given: object) => Thread;
  /** Whether workers start while the thread that starts them waits. */
  readonly startsWhileWaiting: boolean;
  /** Milliseconds since any moment. */
  readonly now: () => number;
  /** The least work of a thread, in nanoseconds of one thread, that is worth waking it. */
  readonly grain: number;
}
