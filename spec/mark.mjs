/** What `runFiles.mjs` prints behind the output of a file, in front of what it has counted as JSON and the end of the line. */
export const mark = "\u0000counted ";
