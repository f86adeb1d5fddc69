/**
 * @file Logs of restarted processes that state from which step on they write again (`purge_step` of PyTorch's SummaryWriter). Earlier
 *   records of these steps are ignored.
 *
 *     events.1: steps 0 1 2 3 4
 *     events.2: start at 3, steps 5 6 7          the run: 0 1 2 5 6 7
 *
 * @see `_CheckForRestartAndMaybePurge` of tensorboard/backend/event_processing/event_accumulator.py
 */
import { basename, dirname, resolve } from "node:path";
import type { FoundSource, ReadSource } from "./places.ts";
import type { Restart } from "./reader.ts";

interface File {
  readonly found: FoundSource;
  readonly restarts: readonly Restart[];
}

const isBefore = ({ found: { source: one } }: File, { found: { source: other } }: File): boolean =>
  dirname(resolve(one.path)) === dirname(resolve(other.path)) && basename(one.path) < basename(other.path);

/** Files with a test for what later files of their directory, in the order of names, and later places in themselves have undone. */
export const withRestarts = async (sources: readonly FoundSource[]): Promise<readonly ReadSource[]> => {
  const files: File[] = [];
  for (const found of sources) {
    const { format, source } = found;
    files.push({ found, restarts: (await format.restarts?.(source)) ?? [] });
  }
  return files.map((file) => {
    const later = files
      .filter((other) => other.found.format === file.found.format && isBefore(file, other))
      .flatMap(({ restarts }) => restarts);
    const firstLater = later.reduce((least, { step }) => Math.min(least, step), Number.POSITIVE_INFINITY);
    const isUndone = (place: number, step: number): boolean =>
      step >= firstLater || file.restarts.some((restart) => place < restart.place && step >= restart.step);
    return { ...file.found, isUndone };
  });
};
