/** @file The events of a TensorBoard file, filtered by the caller. */
import { failure } from "./source.ts";
import { eachRecord } from "./tfRecord.ts";

/**
 * Calls `take` with the result of `read` for each event of a file, and with the number of its record, from 1.
 *
 * @returns whether the file ends where a record does
 * @throws `RangeflowFailure` at the first record that is damaged or no event
 */
export const eachEvent = <T>(
  path: string,
  read: (record: Uint8Array) => T,
  take: (event: T, number: number) => void,
): Promise<boolean> =>
  eachRecord(path, (record, number) => {
    let event: T;
    try {
      event = read(record);
    } catch {
      throw failure(
        `${path}, record ${number}`,
        "bytes that are not an event",
        "an event file of TensorBoard",
      );
    }
    take(event, number);
  });
