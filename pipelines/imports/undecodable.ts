import { RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { failure } from "./source.ts";

/** Parts of the message for contents that do not have a format. */
export interface Undecodable {
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

/** Failure for contents that a decoder has rejected. Existing failures are returned as they are. */
export const undecodable =
  ({ found, expected, hint }: Undecodable) =>
  (path: string, error: unknown): Error =>
    error instanceof RangeflowFailure
      ? error
      : failure(path, `${found} (${reasonOf(error)})`, expected, hint);
