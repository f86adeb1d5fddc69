/** @file A TensorBoard event file that is being written. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { GrowingFile } from "../files/atomic.ts";
import { growOutputInto } from "../files/outputFiles.ts";
import { isEventFile } from "../imports/logDirectory.ts";
import type { SummaryEvent } from "../imports/summaryEvent.ts";
import { eventRecords } from "./eventRecord.ts";

/** An event file that is being written, and exists only once it is closed. */
export interface EventFile extends Pick<GrowingFile, "discard"> {
  /** Path of the file. */
  readonly path: string;
  /** Appends an event. `wallTime` is in seconds since 1970. */
  readonly add: (wallTime: number, event: SummaryEvent) => void;
  /** Writes what is left and gives the file its name. Returns its size in bytes. */
  readonly close: () => number;
}

/** Bytes that are gathered before they are written. */
const pieceLength = 2 ** 20;

/** Refuses a directory with event files of another name. */
const checkNoOther = (dir: string, name: string): void => {
  const other = readdirSync(dir).find((entry) => isEventFile(entry) && entry !== name);
  if (other !== undefined)
    throw new RangeflowFailure(
      problem(
        dir,
        `event files of another run (${other})`,
        "a new directory, or one with an earlier export of the same run",
        "name another one, since TensorBoard shows all event files of a directory as one run",
      ),
    );
};

/**
 * Begins an event file in a directory, which is created if necessary. Up to a megabyte is buffered.
 *
 * @param begun start of the run in seconds since 1970, from which the file has its name
 * @param runId id of the run, which tells it from another one that began in the same second
 * @throws `RangeflowFailure` as `growOutputInto` does, and if the directory has event files of another name
 */
export const eventFile = (dir: string, begun: number, runId: string): EventFile => {
  const second = String(Math.floor(begun)).padStart(10, "0");
  const name = `events.out.tfevents.${second}.${runId}.rangeflow.v2`;
  const file = growOutputInto(dir, name);
  const records = eventRecords();
  let [waiting, length, bytes]: [Uint8Array[], number, number] = [[], 0, 0];
  const flush = (): void => {
    file.append(Buffer.concat(waiting));
    bytes += length;
    [waiting, length] = [[], 0];
  };
  const append = (record: Uint8Array): void => {
    waiting.push(record);
    length += record.length;
    if (length >= pieceLength) flush();
  };
  try {
    checkNoOther(dir, name);
    append(records.version(begun));
  } catch (error) {
    file.discard();
    throw error;
  }
  return {
    path: join(dir, name),
    add: (wallTime, event) => append(records.event(wallTime, event)),
    close: () => {
      flush();
      file.commit();
      return bytes;
    },
    discard: file.discard,
  };
};
