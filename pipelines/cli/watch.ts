/** @file `rangeflow watch`: the page of a run of another process. */
import { problem, RangeflowFailure, thrownText } from "../../core/errors.ts";
import { watchRun } from "../live/watchRun.ts";
import type { Arguments } from "./args.ts";
import type { Command, Terminal } from "./command.ts";
import { placeIn, placeOptions } from "./placeOptions.ts";

const run = async (given: Arguments, { out, err }: Terminal): Promise<number> => {
  const [dir, ...more] = given.positionals;
  if (dir === undefined || more.length > 0)
    throw new RangeflowFailure(
      problem(
        "rangeflow watch",
        `${given.positionals.length} directories`,
        "that of one run: rangeflow watch RUN",
      ),
    );
  let end: (code: number) => void = () => {};
  const ended = new Promise<number>((resolve) => {
    end = resolve;
  });
  const failed = (error: unknown): void => {
    err(`${thrownText(error)}\n`);
    end(1);
  };
  const { url, close } = await watchRun(dir, { ...placeIn(given), failed });
  out(`${dir} at ${url}, until Ctrl-C\n`);
  const stop = (): void => end(0);
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await ended;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
    close();
  }
};

export const watchCommand: Command = {
  usage: "RUN [--port N]",
  details:
    "The page follows the files of the run, whoever trains it and wherever, also while it is resumed. A finished run is shown, too. It reads nothing while nobody looks.",
  operands: ["RUN"],
  operandValues: { path: "directory" },
  options: placeOptions,
  run,
};
