/** @file `rangeflow report`: one page that shows runs. */
import { counted } from "../../core/inWords.ts";
import type { patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { outputPath, writeOutput } from "../files/outputFiles.ts";
import { recovered } from "../files/recovered.ts";
import { withCounterfactuals } from "../report/counterfactuals.ts";
import { type ReadView, readReport } from "../report/readReport.ts";
import { readRunView } from "../report/readRunView.ts";
import { reportPage } from "../report/reportPage.ts";
import { factsOfHolder } from "../report/runFacts.ts";
import { bytes } from "../report/table.ts";
import { recordingOf } from "../runs/runRecording.ts";
import { localDirectory } from "../stores/localDirectory.ts";
import type { RunView } from "../views/runView.ts";
import type { Arguments, Option } from "./args.ts";
import type { Command, Terminal } from "./command.ts";
import { comparingIn, comparingOptions } from "./comparingOptions.ts";
import { estimatorPatienceOption, estimatorsNamed, patienceIn } from "./estimatorArguments.ts";
import { foreignEstimators } from "./foreignReplay.ts";
import { operandIn, runOperand } from "./operand.ts";
import { estimatorNames } from "./settingOptions.ts";

const options: readonly Option[] = [
  {
    name: "out",
    kind: "text",
    value: "FILE",
    path: "file",
    help: "file that the page is written to [report.html]",
  },
  {
    name: "estimator",
    kind: "many",
    value: "E",
    values: estimatorNames,
    path: "file",
    help: "estimator to replay at every site, such as dsgc or ./mine.ts: the page shows what it would have answered; may be repeated [of a foreign recording: currentMinMax, runningMinMax, inHindsight, delayedScaling; of others none]",
  },
  estimatorPatienceOption,
  ...comparingOptions,
];

/** Whether tensors were quantized where a directory was recorded; a foreign recording is shown with what some estimators would have answered. */
const hasOwnRanges = (dir: string): boolean =>
  recovered(
    () => !recordingOf(dir).isForeign,
    () => true,
  );

/** The view of a run, with what estimators would have answered; buckets are shared with these. */
const viewOf = async (
  [dir, name, mostFor]: Parameters<ReadView>,
  estimators: readonly NamedEstimator[] | undefined,
  patience: ReturnType<typeof patienceOf>,
): Promise<RunView> => {
  const asked = estimators ?? (await estimatorsNamed(hasOwnRanges(dir) ? [] : foreignEstimators));
  const read = readRunView(dir, name, (sites) => mostFor(sites * (1 + 1.5 * asked.length)));
  const view = { ...read, facts: [...read.facts, ...factsOfHolder(dir)] };
  if (asked.length === 0 || view.sites.length === 0) return view;
  return withCounterfactuals(view, recordingOf(dir).rows, asked, patience);
};

const run = async (given: Arguments, { out }: Terminal): Promise<number> => {
  const { texts, lists, positionals } = given;
  operandIn(given, {
    ...runOperand("report", "RUN"),
    expected: "the directories of runs, or that of a study",
  });
  const path = texts.out ?? "report.html";
  outputPath(path);
  const patience = patienceIn(texts.patience);
  const estimators = lists.estimator && (await estimatorsNamed(lists.estimator));
  const comparing = comparingIn(given);
  const directories = await Promise.all(positionals.map((place) => localDirectory(place, "whole")));
  const { runs, study } = await readReport(
    directories,
    (...run) => viewOf(run, estimators, patience),
    comparing,
  );
  const page = new TextEncoder().encode(reportPage(runs, study));
  writeOutput(path, [page]);
  out(`${path}: ${counted(runs.length, "run")}, ${bytes(page.length)}\n`);
  return 0;
};

export const reportCommand: Command = {
  usage: "RUN... [--out FILE] [--estimator E]...",
  details:
    "The page holds everything that it shows: it opens from the disk, and loads nothing. Where there are more steps than a screen has room for, charts show the least and the greatest of those that share a place.\nSeveral runs are compared; a study's directory stands for its runs, and shows its table and its chart. Each run has a page of its own in the same file.\nRUN may be s3://BUCKET/PREFIX, the store of a study, or s3://BUCKET/PREFIX/RUN: what is committed there is fetched.",
  operands: ["RUN..."],
  operandValues: { path: "directory" },
  options,
  run,
};
