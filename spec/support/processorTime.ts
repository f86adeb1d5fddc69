/** @file How long something keeps the processor busy, which a loaded machine changes little, unlike the time on its clock. */

/** Milliseconds of this process since a moment, with all of its threads. */
export const processorTime = (): (() => number) => {
  const began = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
};
