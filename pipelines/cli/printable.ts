/** Control characters other than line ends and tabs, and marks that change the text direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for control characters
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text that cannot control a terminal, whatever a path or a file has put into it: each control character is escaped as in JSON, so that JSON
 * keeps its value.
 */
export const printable = (text: string): string =>
  text.replace(unprintable, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
