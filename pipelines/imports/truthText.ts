/** @file Booleans in texts, as programs and tables write them. */

/** Expected text of a boolean, for messages. */
export const truthExpected = "true or false, yes or no, 1 or 0";

/** The boolean in a text, in any case; false for an empty text and for `null`, undefined for any other. */
export const truthIn = (text: string): boolean | undefined => {
  if (/^(true|t|yes|y|1(\.0*)?)$/i.test(text)) return true;
  return /^(false|f|no|n|0(\.0*)?|null|)$/i.test(text) ? false : undefined;
};
