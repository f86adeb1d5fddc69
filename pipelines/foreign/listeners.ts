/** @file The listeners of a process whose modules may have some of their own, which may do anything. */
import { endProcess } from "./ending.ts";

type Watched = (event: string, call: () => boolean) => boolean;

type Emit = (this: NodeJS.Process, event: string | symbol, ...rest: readonly unknown[]) => boolean;

/** Interrupts since the last command was ready for one. */
let interrupts = 0;

/**
 * Makes whatever listens to this process a call that is watched. The second interrupt ends the process, whether or not somebody has heard of
 * the first: a module may listen in the place of a command.
 */
export const watchListeners = (watched: Watched): void => {
  const ours = process as unknown as { emit: Emit };
  const { emit } = ours;
  ours.emit = function (event, ...rest) {
    if (event === "SIGINT" && ++interrupts > 1) endProcess(130);
    return watched(String(event), () => emit.call(this, event, ...rest));
  };
};
