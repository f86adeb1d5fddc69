/** @file The page of a run of another process. */
import { existsSync, statSync } from "node:fs";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { holdsStudy } from "../runs/runDirectory.ts";
import { type PageServer, pageServer } from "./pageServer.ts";
import type { ServeOptions } from "./serveRun.ts";
import { watchedRun } from "./watchedRun.ts";

export interface WatchedPage extends Pick<PageServer, "url" | "close"> {}

/** Updates of the page, in a process that has nothing else to do. */
const pace = { every: 500, share: 0.2 };

const optionNames: OptionNames<ServeOptions> = { port: true, host: true, failed: true };

/**
 * Serves the page of a run that another process trains, by following its files: what was written as a whole is read once, twice a
 * second while somebody looks, and nothing is read while nobody does.
 *
 * A run that is resumed, or trained anew in the same directory, is read anew; one that was killed or deleted says so on the page. A
 * finished run is served, too. The server goes on until it is closed.
 *
 * @param dir directory of the run, which need not have begun
 * @param given port and host, as `serveRun` takes them
 * @throws `RangeflowFailure` if there is no such directory, or it is that of a study, or nothing can listen there
 * @example not run: it serves a page until it is closed
 * const { url, close } = await watchRun("runs/mine");
 * console.log(url);
 */
export const watchRun = async (dir: string, given: ServeOptions = {}): Promise<WatchedPage> => {
  const { failed = () => {}, ...place } = knownOptions("watchRun", given, optionNames);
  if (!existsSync(dir) || !statSync(dir).isDirectory())
    throw new RangeflowFailure(
      missing(dir, "the directory of a run", "check its name; rangeflow train --out creates it"),
    );
  if (holdsStudy(dir))
    throw new RangeflowFailure(
      problem(dir, "the directory of a study", "that of one run", "name one of the directories in it"),
    );
  const { url, close } = await pageServer(watchedRun(dir), { ...place, ...pace, failed });
  return { url, close };
};
