/** @file JSON objects with a checksum: the last member is the SHA-256 of all others. */
import * as E from "fp-ts/lib/Either.js";
import * as t from "io-ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { decodeJson, encodeJson } from "./json.ts";
import { sha256Of } from "./sha256.ts";

/** Checksum of the values, independent of layout. */
const checksumOf = (value: object): string => sha256Of(encodeJson(value));

/** Text of a sealed object. */
export const encodeSealed = (value: object): string =>
  `${encodeJson({ ...value, sha256: checksumOf(value) }, 2)}\n`;

const Sealed = t.intersection([t.UnknownRecord, t.type({ sha256: t.string })]);

/**
 * The value that `encodeSealed` was given.
 *
 * @param where the file, for messages
 * @throws `RangeflowFailure` if anything in it has changed
 */
export const decodeSealed = (
  where: string,
  text: string,
  hint: string,
): Readonly<Record<string, unknown>> => {
  const refuse = (found: string): RangeflowFailure =>
    new RangeflowFailure(problem(where, found, "the contents that were written", hint));
  const parsed = decodeJson(text);
  if (E.isLeft(parsed)) throw refuse(`contents that are not JSON (${parsed.left})`);
  if (!Sealed.is(parsed.right)) throw refuse("an object without a checksum");
  const { sha256, ...value } = parsed.right;
  if (checksumOf(value) !== sha256) throw refuse("contents that do not match their checksum");
  return value;
};
