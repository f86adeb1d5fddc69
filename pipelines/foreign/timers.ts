/** @file Watches the timers of user modules, which may do anything. */

type Watched = (step: number, call: () => unknown) => unknown;

type Timer = (callback: unknown, ...rest: readonly unknown[]) => unknown;

const names = ["setTimeout", "setInterval", "setImmediate"] as const;

/** Makes every later timer callback a watched call. Those of `pauses`, which train, were created before. */
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
