/** @file `rangeflow compare`: a study on the terminal. */
import { join } from "node:path";
import { lastValueFrom, ReplaySubject, tap } from "rxjs";
import { encodeJson } from "../files/json.ts";
import { endProcess } from "../foreign/ending.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import { type Settings, settingNames } from "../settings/settings.ts";
import { studies } from "../studies/catalogue.ts";
import { compare } from "../studies/compare.ts";
import type { CellEvent, CompareEvent } from "../studies/events.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { commandLine } from "./commandLine.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";
import { writeStudyFiles } from "./studyFiles.ts";
import { againstIn, cellsIn, checkAsked, jobsIn, seedsIn, studyIn } from "./studyOptions.ts";
import { showing } from "./studyText.ts";

/** Settings that all cells share; seeds are what `--seeds` says. */
const shared = settingNames.filter((name) => name !== "seed");

const options: readonly Option[] = [
  {
    name: "study",
    kind: "text",
    value: "NAME",
    values: Object.keys(studies),
    help: `cells, seeds and settings of a study, which other options overrule or add cells to: ${Object.entries(
      studies,
    )
      .map(([name, { summary }]) => `${name} (${summary})`)
      .join("; ")}`,
  },
  {
    name: "grid",
    kind: "many",
    value: "NAME=V,...",
    help: "values of a setting, each with each of the other --grid; NAME,NAME=V,... gives several settings the same value, and METHOD:OPTION=V,... an option of a method, such as inHindsight:decay=0.8,0.9 or ./fold.ts:length=3,9, wherever settings name it",
  },
  {
    name: "cell",
    kind: "many",
    value: "'NAME=V ...'",
    help: "one more cell, in front of the grid; differences are taken against the first cell",
  },
  {
    name: "against",
    kind: "text",
    value: "'NAME=V ...'",
    help: "also compares each cell with the one that differs from it in these settings alone",
  },
  { name: "seeds", kind: "text", value: "N|LIST", help: "3 is 1, 2, 3; or a list such as 4,7,11-15 [3]" },
  {
    name: "jobs",
    kind: "text",
    value: "N|auto",
    values: ["auto"],
    help: "runs side by side, each in a process of its own; auto: as many as there are cores for [auto]",
  },
  { name: "out", kind: "text", value: "DIR", path: "directory", help: "directory of the study [runs/...]" },
  {
    name: "chart",
    kind: "text",
    value: "FILE.svg",
    path: "file",
    help: "draws test scores, bytes moved and seconds",
  },
  {
    name: "markdown",
    kind: "text",
    value: "FILE.md",
    path: "file",
    help: "writes the tables into a new page, or into the measured part of one that it wrote before",
  },
  jsonOption,
  ...settingOptions(shared),
];

const directoryFor = ({ data, model }: Settings): string => join("runs", `${data}-${model}-study`);

const run = async (given: Arguments, terminal: Terminal): Promise<number> => {
  const { texts, flags } = given;
  checkAsked(given);
  const study = texts.study === undefined ? undefined : studyIn(texts.study);
  const own = givenSettings(shared, given);
  const settings = { ...study?.settings, ...own };
  const inForce = await settingsInForce(settings);
  const cells = cellsIn(given, own, study?.cells, inForce);
  const against = texts.against === undefined ? study?.against : againstIn(texts.against);
  const seeds = texts.seeds === undefined ? (study?.seeds ?? [1, 2, 3]) : seedsIn(texts.seeds);
  const jobs = jobsIn(texts.jobs ?? "auto");
  const out = texts.out ?? directoryFor(inForce);

  const stop$ = new ReplaySubject<void>(1);
  let isStopped = false;
  const stop = (): void => {
    if (isStopped) endProcess(130);
    isStopped = true;
    stop$.next();
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  const show = flags.json
    ? (event: CompareEvent): void => {
        if (event.event !== "progress") terminal.out(`${encodeJson(event)}\n`);
      }
    : showing(terminal, settings, cells, against);
  try {
    const summaries: CellEvent[] = [];
    const last = await lastValueFrom(
      compare(settings, { cells, seeds, out, jobs, stop$, ...(against && { against }) }).pipe(
        tap((event) => {
          if (event.event === "cell") summaries.push(event);
          show(event);
        }),
      ),
    );
    const title = `${study?.title ?? "Comparison"}: ${inForce.model} on ${inForce.data}`;
    if (last.event === "compared" && last.done > 0)
      writeStudyFiles(
        { chart: texts.chart, markdown: texts.markdown },
        {
          title,
          summary: study?.summary,
          command: commandLine("compare", given),
          shared: settings,
          against,
          cells: summaries,
        },
      );
    if (last.event !== "compared" || last.left > 0) return 130;
    return last.failed > 0 ? 2 : 0;
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
};

export const compareCommand: Command = {
  name: "compare",
  usage: "[--grid NAME=V,...]... [--seeds N] [--out DIR] [options of train]",
  about:
    "Trains every combination of some settings with several seeds, side by side, and compares them.\nThe same command goes on after Ctrl-C or a crash, and repeats no run that is done; other values are added to the same directory.\nIt goes on when standard output is closed, as by head; where output cannot be written it ends with exit code 2.",
  options,
  goesOn: true,
  run,
};
