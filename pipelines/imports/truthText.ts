/** @file Truth values in texts, as programs and tables write them. */

/** What a truth value is expected to be, in a sentence. */
export const truthExpected = "true or false, yes or no, 1 or 0";

/** The truth value of a text, in any case; false of an empty one and of `null`, undefined of one that says neither. */
export const truthIn = (text: string): boolean | undefined => {
  if (/^(true|t|yes|y|1(\.0*)?)$/i.test(text)) return true;
  return /^(false|f|no|n|0(\.0*)?|null|)$/i.test(text) ? false : undefined;
};
