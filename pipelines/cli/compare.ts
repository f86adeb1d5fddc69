/** @file `rangeflow compare`: a study on the terminal. */
import { join } from "node:path";
import { lastValueFrom, ReplaySubject, tap } from "rxjs";
import { compare } from "../compare.ts";
import { type Settings, settingNames } from "../settings.ts";
import type { CompareEvent } from "../studies/events.ts";
import { helpText, type Option, parseArguments } from "./args.ts";
import { type Command, helpOption, jsonOption, type Terminal } from "./command.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";
import { cellsIn, jobsIn, seedsIn } from "./studyOptions.ts";
import { showing } from "./studyText.ts";

/** Settings that all cells share; seeds are what `--seeds` says. */
const shared = settingNames.filter((name) => name !== "seed");

const options: readonly Option[] = [
  {
    name: "grid",
    kind: "many",
    value: "NAME=V,...",
    help: "values of a setting, each with each of the other --grid; NAME,NAME=V,... gives several settings the same value",
  },
  {
    name: "cell",
    kind: "many",
    value: "'NAME=V ...'",
    help: "one more cell, in front of the grid; differences are taken against the first cell",
  },
  { name: "seeds", kind: "text", value: "N|LIST", help: "3 is 1, 2, 3; or a list such as 4,7,11-15 [3]" },
  {
    name: "jobs",
    kind: "text",
    value: "N|auto",
    help: "runs side by side, each in a process of its own; auto: as many as there are cores for [auto]",
  },
  { name: "out", kind: "text", value: "DIR", help: "directory of the study [runs/...]" },
  jsonOption,
  helpOption,
  ...settingOptions(shared),
];

const directoryFor = ({ data = "glyphs", model = "lenet5" }: Partial<Settings>): string =>
  join("runs", `${data}-${model}-study`);

const run = async (args: readonly string[], terminal: Terminal): Promise<number> => {
  const given = parseArguments("compare", args, options, 0);
  const { texts, flags } = given;
  if (flags.help) {
    terminal.out(helpText(compareCommand.usage, compareCommand.about, options));
    return 0;
  }
  const settings = givenSettings(shared, given);
  const cells = cellsIn(given, settings);
  const seeds = seedsIn(texts.seeds ?? "3");
  const jobs = jobsIn(texts.jobs ?? "auto");
  const out = texts.out ?? directoryFor(settings);

  const stop$ = new ReplaySubject<void>(1);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) process.exit(130);
    isStopped = true;
    stop$.next();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const show = flags.json
    ? (event: CompareEvent): void => {
        if (event.event !== "progress") terminal.out(`${JSON.stringify(event)}\n`);
      }
    : showing(terminal, settings, cells);
  try {
    const last = await lastValueFrom(compare(settings, { cells, seeds, out, jobs, stop$ }).pipe(tap(show)));
    if (last.event !== "compared" || last.left > 0) return 130;
    return last.failed > 0 ? 2 : 0;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};

export const compareCommand: Command = {
  name: "compare",
  usage: "rangeflow compare [--grid NAME=V,...]... [--seeds N] [--out DIR] [options of train]",
  about:
    "Trains every combination of some settings with several seeds, side by side, and compares them.\nThe same command goes on after Ctrl-C or a crash, and repeats no run that is done; other values are added to the same directory.",
  options,
  run,
};
