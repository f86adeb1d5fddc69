import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import { dataCatalogue, type TaskName } from "./dataCatalogue.ts";
import type { Dataset } from "./dataset.ts";

/** Embedded data for a task. */
const embeddedFor = (task: TaskName): string | undefined =>
  Object.entries(dataCatalogue).find(([, entry]) => entry.isEmbedded && entry.task === task)?.[0];

/** Reads the data that settings name. */
export type ReadData = (settings: Settings) => Promise<Dataset>;

/**
 * Data of a run, limited to the number of images in its settings.
 *
 * @returns rejects with `RangeflowFailure` if files are missing or damaged
 */
export const dataNamed: ReadData = async (settings) => {
  const { data, dataDir } = settings;
  const { isEmbedded, task, read } = dataCatalogue[data];
  if (!isEmbedded && dataDir === "")
    throw new RangeflowFailure(
      problem(
        `--data ${data}`,
        "no directory of its files",
        "--data-dir DIR",
        `or use --data ${embeddedFor(task)}`,
      ),
    );
  return { ...(await read(settings)), name: data };
};
