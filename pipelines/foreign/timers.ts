/** @file The timers of a process whose modules may do anything in them. */

type Watched = (step: number, call: () => unknown) => unknown;

type Timer = (callback: unknown, ...rest: readonly unknown[]) => unknown;

const names = ["setTimeout", "setInterval", "setImmediate"] as const;

/** Makes whatever timers call from now on a call that is watched; those of `pauses`, which train, were there before. */
export const watchTimers = (watched: Watched): void => {
  const timers = globalThis as unknown as Record<(typeof names)[number], Timer>;
  for (const name of names) {
    const original = timers[name];
    const watching: Timer = (callback, ...rest) =>
      original(
        typeof callback === "function"
          ? (...given: readonly unknown[]) => watched(-1, () => callback(...given))
          : callback,
        ...rest,
      );
    timers[name] = Object.defineProperties(watching, Object.getOwnPropertyDescriptors(original));
  }
};
