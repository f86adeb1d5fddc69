/** @file `rangeflow report`: an HTML page about runs. */
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
import { recordingOf } from "../runs/runRecording.ts";
import { localDirectory } from "../stores/localDirectory.ts";
import { bytesText } from "../text/numbers.ts";
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
    help: "output file [report.html]",
  },
  {
    name: "estimator",
    kind: "many",
    value: "E",
    values: estimatorNames,
    path: "file",
    help: "estimator to replay at every site, such as dsgc or ./mine.ts: the page shows the ranges that it would have given; may be repeated [none; for an imported recording currentMinMax, runningMinMax, inHindsight, delayedScaling]",
  },
  estimatorPatienceOption,
  ...comparingOptions,
];

/** Whether a recording has ranges of its own. An imported one has none, so it is shown with those of some estimators. */
const hasOwnRanges = (dir: string): boolean =>
  recovered(
    () => !recordingOf(dir).isForeign,
    () => true,
  );

/** The view of a run, with the ranges that estimators would have given; buckets are shared with these. */
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
  out(`${path}: ${counted(runs.length, "run")}, ${bytesText(page.length)}\n`);
  return 0;
};

export const reportCommand: Command = {
  usage: "RUN... [--out FILE] [--estimator E]...",
  details:
    "The page is one self-contained file: it opens from disk and loads nothing. If there are more steps than a screen has room for, charts show the minimum and the maximum of the steps that share a place.\nSeveral runs are compared; the directory of a study stands for its runs, and adds its table and its chart. Each run has its own page in the same file.\nRUN may be s3://BUCKET/PREFIX, the store of a study, or s3://BUCKET/PREFIX/RUN: committed runs are downloaded.",
  operands: ["RUN..."],
  operandValues: { path: "directory" },
  options,
  run,
};
