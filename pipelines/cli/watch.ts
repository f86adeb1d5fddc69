/** @file `rangeflow watch`: the live page of a run that another process trains. */
import { firstValueFrom, map, merge, ReplaySubject } from "rxjs";
import { thrownText } from "../../core/errors.ts";
import { watchRun } from "../live/watchRun.ts";
import type { Arguments } from "./args.ts";
import type { Command, Terminal } from "./command.ts";
import { operandIn, runOperand } from "./operand.ts";
import { placeIn, placeOptions } from "./placeOptions.ts";
import { untilStopped } from "./untilStopped.ts";

const run = async (given: Arguments, { out, err }: Terminal): Promise<number> => {
  const dir = operandIn(given, runOperand("watch", "RUN"));
  const failed$ = new ReplaySubject<unknown>(1);
  const failed = (error: unknown): void => failed$.next(error);
  const { url, close } = await watchRun(dir, { ...placeIn(given), failed });
  out(`${dir} at ${url}, until Ctrl-C\n`);
  return untilStopped(async ({ stop$ }) => {
    const stopped$ = stop$.pipe(map(() => 0));
    const ended$ = failed$.pipe(
      map((error) => {
        err(`${thrownText(error)}\n`);
        return 1;
      }),
    );
    return firstValueFrom(merge(stopped$, ended$));
  }).finally(close);
};

export const watchCommand: Command = {
  usage: "RUN [--port N]",
  details:
    "The page follows the files of the run, whichever process or machine trains it, also when the run is resumed. Finished runs are shown as well. Files are read only while a browser shows the page.",
  operands: ["RUN"],
  operandValues: { path: "directory" },
  options: placeOptions,
  run,
};
