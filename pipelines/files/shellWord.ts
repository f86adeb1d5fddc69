/** @file Text as one word of a POSIX shell. */

/** The text in single quotes: one word for sh, bash and zsh, whatever characters it has. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The same, without quotes where no character of the text needs them: `runs/a,b=3` stays as it is. */
export const shellWord = (text: string): string => (/^[\w./:=,+@%-]+$/.test(text) ? text : shellQuoted(text));
