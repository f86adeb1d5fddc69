import { RangeflowFailure } from "../../core/errors.ts";
import { reasonOf } from "../files/fileErrors.ts";
import { failure } from "./source.ts";

/** Parts of the sentence of contents that are none of a format. */
export interface Undecodable {
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

/** The failure of contents that a decoder has thrown at; what has a sentence already keeps it. */
export const undecodable =
  ({ found, expected, hint }: Undecodable) =>
  (path: string, error: unknown): Error =>
    error instanceof RangeflowFailure
      ? error
      : failure(path, `${found} (${reasonOf(error)})`, expected, hint);
