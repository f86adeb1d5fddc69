/** @file Options of Node for the processes of a study, from those of the process that starts them. */

/** Options that are about the program of this process, with its text or their value in the next argument. */
const ofThisProgram = /^(-e|-p|-pe|--eval|--print|--input-type)$/;

/** Those with the value in the same argument, or none; and debuggers, of which each process would need its own. */
const ofThisProcess = /^(-[ci]$|--(eval|print|input-type)=|--(check|interactive|inspect|watch|test)\b)/;

/**
 * Options for a process that runs another program: all but those that say what this one runs, such as `--input-type=module -e TEXT`, and
 * how it is watched.
 */
export const workerArguments = (given: readonly string[]): string[] =>
  given.filter(
    (argument, i) =>
      !ofThisProgram.test(argument) &&
      !ofThisProcess.test(argument) &&
      !ofThisProgram.test(given[i - 1] ?? ""),
  );
