/** @file Watches the process listeners of user modules, which may do anything. */
import { endProcess } from "./ending.ts";

type Watched = (event: string, call: () => boolean) => boolean;

type Emit = (this: NodeJS.Process, event: string | symbol, ...rest: readonly unknown[]) => boolean;

/** Interrupts since the last command was ready for one. */
let interrupts = 0;

/**
 * Makes every listener of this process a watched call. The second interrupt ends the process, whether or not the first was handled,
 * because a module may listen in place of a command.
 */
export const watchListeners = (watched: Watched): void => {
  const ours = process as unknown as { emit: Emit };
  const { emit } = ours;
  ours.emit = function (event, ...rest) {
    if (event === "SIGINT" && ++interrupts > 1) endProcess(130);
    return watched(String(event), () => emit.call(this, event, ...rest));
  };
};
