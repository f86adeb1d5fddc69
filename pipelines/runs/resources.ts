/** @file Resources of a run. They change no bit. */
import type { Engine } from "../../core/engine.ts";
import { selectEngine } from "../../core/engines/registry.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { mayHaveGpu } from "./mayHaveGpu.ts";
import { threads } from "./threads.ts";
import { navigatorGpu } from "./webgpu.ts";

/**
 * Resources of a run: `engine` (default: `auto`), `threads` (default: `auto`, measured), `checkpointSeconds`, seconds between checkpoints
 * within an epoch (default: 30), and `patience`, the timeout in seconds of a call of a user's function (default: 10).
 */
export type Resources = Pick<Settings, "engine" | "threads" | "checkpointSeconds" | "patience">;

export const resourceNames: OptionNames<Resources> = {
  engine: true,
  threads: true,
  checkpointSeconds: true,
  patience: true,
};

const names = Object.keys(resourceNames) as readonly (keyof Resources)[];

/** Resources among other options. */
export const saidResources = (options: Partial<Resources>): Partial<Resources> =>
  Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

/**
 * Resources among other options, with defaults for those that are left out.
 *
 * @throws `RangeflowFailure` with every invalid one
 */
export const resourcesIn = (options: Partial<Resources>): Resources => {
  const { engine, threads, checkpointSeconds, patience } = getOrThrow(decodeSettings(saidResources(options)));
  return { engine, threads, checkpointSeconds, patience };
};

/**
 * Opens the requested engine.
 *
 * @returns rejects with `RangeflowFailure` if this machine has no such engine
 */
export const engineOf = async ({
  engine,
  threads: wanted,
}: Pick<Resources, "engine" | "threads">): Promise<Engine> => {
  const isWanted = engine === "gpu" || (engine === "auto" && mayHaveGpu());
  const gpu = isWanted ? await navigatorGpu() : undefined;
  return getOrThrow(await selectEngine(engine, { navigatorGpu: gpu, threads: await threads(wanted) }));
};
