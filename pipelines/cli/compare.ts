/** @file `rangeflow compare`: a study on the terminal. */
import { join } from "node:path";
import { lastValueFrom, type Observable, tap } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { builtIn } from "../experiments/source.ts";
import { encodeJson } from "../files/json.ts";
import { settingsInForce } from "../recipes/settingsInForce.ts";
import { type InForce, inForceOfCells } from "../report/inForce.ts";
import { unfinishedFirsts } from "../report/studyTables.ts";
import { settingNames } from "../settings/settings.ts";
import { studies } from "../studies/catalogue.ts";
import { compare } from "../studies/compare.ts";
import type { Comparing } from "../studies/comparing.ts";
import type { CellEvent, PoolEvent, RunDoneEvent } from "../studies/events.ts";
import type { Cell } from "../studies/grid.ts";
import { type Experiments, rivalsOf } from "../studies/rivals.ts";
import type { Study } from "../studies/study.ts";
import { type SweepEvent, sweep } from "../sweeps/sweep.ts";
import type { Arguments, Option, OwnOption } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { commandLine } from "./commandLine.ts";
import { comparingIn, comparingOptions } from "./comparingOptions.ts";
import { checkEmit, emitOption, emitted } from "./emitOption.ts";
import { declaredOptions, filesIn, stemOf } from "./experimentArguments.ts";
import { queueOption } from "./queueOption.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";
import { checkStudyFiles, writeStudyFiles } from "./studyFiles.ts";
import { cellsIn, checkAsked, jobsIn, seedsIn, studyIn } from "./studyOptions.ts";
import { hasEnded, showing } from "./studyText.ts";
import { untilStopped } from "./untilStopped.ts";

/** Settings that all cells share; seeds come from `--seeds`. */
const shared = settingNames.filter((name) => name !== "seed");

const own: readonly OwnOption[] = [
  {
    name: "study",
    kind: "text",
    value: "NAME",
    values: Object.keys(studies),
    help: `a predefined study, with its own cells, seeds and settings, which other options override or extend: ${Object.entries(
      studies,
    )
      .map(([name, { summary }]) => `${name} (${summary})`)
      .join("; ")}`,
  },
  {
    name: "grid",
    kind: "many",
    value: "NAME=V,...",
    help: "grid search over the values of a setting, or of an option that FILE declares, combined with every other --grid; NAME,NAME=V,... sets several settings to the same value; METHOD:OPTION=V,... varies an option of a method, such as inHindsight:decay=0.8,0.9 or ./fold.ts:length=3,9, wherever settings name that method",
  },
  {
    name: "cell",
    kind: "many",
    value: "'NAME=V ...'",
    help: "one more cell, before the grid; differences are taken against the first cell, the baseline",
  },
  ...comparingOptions,
  {
    name: "seeds",
    kind: "text",
    value: "N|LIST",
    help: "number of seeds (N: 1 to N), or a list such as 4,7,11-15 [3]",
  },
  {
    name: "jobs",
    kind: "text",
    value: "N|auto",
    values: ["auto"],
    help: "number of runs in parallel, each in its own process; auto: as many as the cores allow [auto]",
  },
  {
    name: "only-finished",
    kind: "flag",
    help: "train nothing and write nothing to the directory: print the tables of finished runs, and how many runs are missing",
  },
  queueOption,
  emitOption,
  { name: "out", kind: "text", value: "DIR", path: "directory", help: "directory of the study [runs/...]" },
  {
    name: "chart",
    kind: "text",
    value: "FILE.svg",
    path: "file",
    help: "write a chart of test scores, bytes moved and seconds",
  },
  {
    name: "markdown",
    kind: "text",
    value: "FILE.md",
    path: "file",
    help: "write the tables to a new page, or update the measured part of a page written before",
  },
  jsonOption,
];

const options: readonly Option[] = [...own, ...settingOptions(shared)];

/** The comparison that the arguments ask for. */
interface Asked {
  readonly experiments: Experiments;
  readonly cells: readonly Cell[];
  readonly comparing: Comparing;
  readonly inForce: InForce;
  /** Title in headings and directories. */
  readonly title: string;
  readonly out: string;
}

/** A comparison of built-in experiments, from a named study or from options. */
const builtInAsked = async (given: Arguments, study: Study | undefined): Promise<Asked> => {
  const own = givenSettings(shared, given);
  const settings = { ...study?.settings, ...own };
  const inForce = await settingsInForce(settings);
  const { data, model } = inForce;
  const cells = cellsIn(given, own, study?.cells, inForce);
  const namesIn = (name: "model" | "data"): string =>
    [...new Set(cells.map((cell) => cell[name] ?? inForce[name]))].join(", ");
  const ofMany = study?.cells.some((cell) => "model" in cell || "data" in cell);
  return {
    experiments: { [model]: builtIn(settings) },
    cells,
    comparing: comparingIn(given, study),
    inForce: await inForceOfCells(settings, cells),
    title: `${namesIn("model")} on ${namesIn("data")}`,
    out: join("runs", ofMany ? String(given.texts.study) : `${data}-${model}-study`),
  };
};

/** Names of the compared files: without directories and extensions if that keeps them distinct. */
const namesOf = (files: readonly string[]): readonly string[] => {
  const twice = files.find((file, i) => files.indexOf(file) !== i);
  if (twice !== undefined)
    throw new RangeflowFailure(problem("rangeflow compare", `${twice} twice`, "each file once"));
  const stems = files.map(stemOf);
  return new Set(stems).size === stems.length ? stems : files;
};

/** A comparison of experiments from files. */
const filesAsked = async (given: Arguments): Promise<Asked> => {
  const { sources, declared, changes } = await filesIn("rangeflow compare", given, shared);
  const fixed = Object.assign({}, changes, ...sources.map(({ options: values }) => values));
  const names = namesOf(given.positionals);
  return {
    experiments: Object.fromEntries(sources.map((source, i) => [names[i] as string, source])),
    cells: cellsIn(given, fixed, [], await settingsInForce(changes), declared),
    comparing: comparingIn(given, undefined, declared),
    inForce: undefined,
    title: names.join(", "),
    out: join("runs", `${given.positionals.map(stemOf).join("-")}-study`),
  };
};

const run = async (given: Arguments, terminal: Terminal): Promise<number> => {
  const { texts, flags } = given;
  checkAsked(given);
  if (texts.emit !== undefined) checkEmit(given);
  const files = { chart: texts.chart, markdown: texts.markdown };
  checkStudyFiles(files);
  const study = texts.study === undefined ? undefined : studyIn(texts.study);
  const asked = await (given.positionals.length > 0 ? filesAsked(given) : builtInAsked(given, study));
  const { experiments, cells, comparing } = asked;
  const seeds = texts.seeds === undefined ? (study?.seeds ?? [1, 2, 3]) : seedsIn(texts.seeds);
  const jobs = jobsIn(texts.jobs ?? "auto");
  const out = texts.out ?? asked.out;
  const how = { ...comparing, cells, seeds, out };
  if (texts.emit !== undefined) return emitted(given, terminal, experiments, { ...how, jobs });
  const rivals = await rivalsOf(experiments, cells);

  const show = flags.json
    ? (event: SweepEvent): void => {
        if (event.event !== "progress") terminal.out(`${encodeJson(event)}\n`);
      }
    : showing(
        terminal,
        asked.inForce,
        rivals.map(({ settings }) => settings),
        comparing,
      );
  return untilStopped(async ({ stop$ }) => {
    const summaries: CellEvent[] = [];
    const pools: PoolEvent[] = [];
    const done: RunDoneEvent[] = [];
    const { queue } = texts;
    const events$: Observable<SweepEvent> =
      queue === undefined
        ? compare(experiments, { ...how, stop$, jobs, onlyFinished: flags["only-finished"] === true })
        : sweep(experiments, { ...how, stop$, queue });
    const last = await lastValueFrom(
      events$.pipe(
        tap((event) => {
          if (event.event === "cell") summaries.push(event);
          if (event.event === "pool") pools.push(event);
          if (event.event === "run" && event.status === "done") done.push(event);
          show(event);
        }),
      ),
    );
    const title = `${study?.title ?? "Comparison"}: ${asked.title}`;
    if (last.event === "compared" && last.done > 0)
      writeStudyFiles(
        files,
        {
          title,
          summary: study?.summary,
          command: commandLine("compare", given),
          inForce: asked.inForce,
          comparing,
          cells: summaries.filter(hasEnded),
          pools,
          unfinished: unfinishedFirsts(asked.inForce, summaries, comparing.within),
          ...{ runs: last.done + last.failed + last.left, left: last.left },
        },
        done,
      );
    if (last.event !== "compared") return 130;
    if (last.left > 0 && !flags["only-finished"]) return 130;
    return last.failed > 0 ? 2 : 0;
  });
};

export const compareCommand: Command = {
  usage: "[FILE...] [--grid NAME=V,...]... [--seeds N] [--out DIR] [options of train]",
  details:
    "After Ctrl-C or a crash the same command continues and repeats no finished run; new values add runs to the same directory.\nTraining continues if standard output is closed, as by head; if output cannot be written, the exit code is 2.\nEach FILE is a module of your own that exports an experiment, such as ./mine.ts; --grid and --cell accept its options too. Without FILE, built-in models and data are used.",
  operands: ["FILE..."],
  operandValues: { path: "file" },
  options,
  ownOptions: (files, forHelp) => declaredOptions("rangeflow compare", files, forHelp),
  goesOn: true,
  run,
};
