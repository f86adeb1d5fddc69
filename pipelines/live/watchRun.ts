/** @file Live page of a run of another process. */
import { existsSync, statSync } from "node:fs";
import { missing, problem, RangeflowFailure } from "../../core/errors.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { holdsStudy } from "../runs/runDirectory.ts";
import { type PageServer, pageServer } from "./pageServer.ts";
import type { ServeOptions } from "./serveRun.ts";
import { watchedRun } from "./watchedRun.ts";

/** The live page of a run of another process: its address for a browser, and a function that closes it. */
export interface WatchedPage extends Pick<PageServer, "url" | "close"> {}

/** Pace in a process that does nothing else. */
const pace = { every: 500, share: 0.2 };

const optionNames: OptionNames<ServeOptions> = { port: true, host: true, failed: true };

/**
 * Serves a live page of a run that another process trains, by following its files. Each part is read once it is complete, twice a second
 * while there are viewers; without viewers nothing is read.
 *
 * If the run is resumed, or another run is started in the same directory, everything is read again. If it is killed or deleted, the page
 * says so. Finished runs can be served as well. The server runs until it is closed.
 *
 * @param dir directory of the run, which need not have begun
 * @param given port, host and error handler, as in `serveRun`
 * @throws `RangeflowFailure` if the directory does not exist or is that of a study, or the server cannot listen
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
