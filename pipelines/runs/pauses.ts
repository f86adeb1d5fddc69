/** The function of this moment: a watchdog of functions of a user's own puts another one into its place, which is not meant for training. */
const later = setImmediate;

/** Milliseconds for which a run keeps the thread before it lets others have it. */
const timeSlice = 50;

/** Pauses for `runBatches`: once the time slice is over, timers, signals and other streams have their turn before the next batch. */
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
