/** @file Comma-separated values. @see https://www.rfc-editor.org/rfc/rfc4180 */
import { problem, RangeflowFailure } from "../../core/errors.ts";

/** A value as a field, in quotes if it contains a special character. */
export const csvField = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/**
 * Records of a text.
 *
 * @param path for messages
 * @throws `RangeflowFailure` if a quote is not closed, or is inside a field
 */
export const csvRecords = (path: string, text: string): readonly (readonly string[])[] => {
  const field = /(?:"((?:[^"]|"")*)"|([^",\n]*?))(,|\r?\n|$)/gy;
  const records: string[][] = [];
  let record: string[] = [];
  while (field.lastIndex < text.length) {
    const at = field.lastIndex;
    const found = field.exec(text);
    if (found === null)
      throw new RangeflowFailure(
        problem(path, `a misplaced quote after character ${at}`, "comma-separated values"),
      );
    const [, quoted, plain = "", end] = found;
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    records.push(record);
    record = [];
  }
  return records;
};
