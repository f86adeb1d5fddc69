/** @file What a run may use: nothing of it changes a bit. */
import type { Engine } from "../../core/engine.ts";
import { selectEngine } from "../../core/engines/registry.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import type { OptionNames } from "../../core/knownOptions.ts";
import { decodeSettings, type Settings } from "../settings/settings.ts";
import { mayHaveGpu } from "./mayHaveGpu.ts";
import { threads } from "./threads.ts";
import { navigatorGpu } from "./webgpu.ts";

/** Engine and threads, seconds between checkpoints, and seconds that a user's functions may take to answer. */
export type Resources = Pick<Settings, "engine" | "threads" | "checkpointSeconds" | "patience">;

export const resourceNames: OptionNames<Resources> = {
  engine: true,
  threads: true,
  checkpointSeconds: true,
  patience: true,
};

const names = Object.keys(resourceNames) as readonly (keyof Resources)[];

/** Resources that are given among other options. */
export const saidResources = (options: Partial<Resources>): Partial<Resources> =>
  Object.fromEntries(names.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

/**
 * The resources that are said among other things; what is not said has its default.
 *
 * @throws `RangeflowFailure` of everything that is none
 */
export const resourcesIn = (options: Partial<Resources>): Resources => {
  const { engine, threads, checkpointSeconds, patience } = getOrThrow(decodeSettings(saidResources(options)));
  return { engine, threads, checkpointSeconds, patience };
};

/**
 * Opens the engine that is wanted.
 *
 * @returns rejects with `RangeflowFailure` if this machine has none of that name
 */
export const engineOf = async ({
  engine,
  threads: wanted,
}: Pick<Resources, "engine" | "threads">): Promise<Engine> => {
  const isWanted = engine === "gpu" || (engine === "auto" && mayHaveGpu());
  const gpu = isWanted ? await navigatorGpu() : undefined;
  return getOrThrow(await selectEngine(engine, { navigatorGpu: gpu, threads: await threads(wanted) }));
};
