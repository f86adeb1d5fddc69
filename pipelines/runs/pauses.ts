/** The original `setImmediate`. The watchdog of user functions replaces the global one, which training must not use. */
const later = setImmediate;

/** Milliseconds for which a run keeps the thread before it yields. */
const timeSlice = 50;

/** Pauses for `runBatches`: after each time slice, timers, signals and other streams run before the next batch. */
export const pauses = (): ((resume: () => void) => boolean) => {
  let since = performance.now();
  return (resume) => {
    if (performance.now() - since < timeSlice) return false;
    later(() => {
      since = performance.now();
      resume();
    });
    return true;
  };
};
