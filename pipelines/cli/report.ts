/** @file `rangeflow report`: one page that shows runs. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { writeAtomically } from "../files/atomic.ts";
import { withCounterfactuals } from "../report/counterfactuals.ts";
import { bucketsFor, readRunView } from "../report/readRunView.ts";
import { reportPage } from "../report/reportPage.ts";
import { recordingOf } from "../runs/runRecording.ts";
import type { RunView } from "../views/runView.ts";
import type { Arguments, Option } from "./args.ts";
import type { Command, Terminal } from "./command.ts";
import { estimatorPatienceOption, estimatorsNamed, patienceIn } from "./estimatorArguments.ts";
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
    help: "estimator to replay at every site, such as dsgc or ./mine.ts: the page shows what it would have answered; may be repeated",
  },
  estimatorPatienceOption,
];

/** The view of a run, with what estimators would have answered; buckets are shared with these. */
const viewOf = async (
  dir: string,
  estimators: readonly NamedEstimator[],
  patience: ReturnType<typeof patienceOf>,
): Promise<RunView> => {
  const view = readRunView(dir, dir, (sites) => bucketsFor(sites * (1 + 1.5 * estimators.length)));
  if (estimators.length === 0 || view.sites.length === 0) return view;
  return withCounterfactuals(view, recordingOf(dir).rows, estimators, patience);
};

const run = async ({ texts, lists, positionals }: Arguments, { out }: Terminal): Promise<number> => {
  if (positionals.length === 0)
    throw new RangeflowFailure(
      problem("rangeflow report", "no directory", "rangeflow report RUN.. with the directories of runs"),
    );
  const path = texts.out ?? "report.html";
  const patience = patienceIn(texts.patience);
  const estimators = await estimatorsNamed(lists.estimator);
  const views: RunView[] = [];
  for (const dir of positionals) views.push(await viewOf(dir, estimators, patience));
  const page = new TextEncoder().encode(reportPage(views));
  writeAtomically(path, [page]);
  out(
    `${path}: ${positionals.length === 1 ? "1 run" : `${positionals.length} runs`}, ${(page.length / 1e6).toFixed(2)} MB\n`,
  );
  return 0;
};

export const reportCommand: Command = {
  usage: "RUN... [--out FILE] [--estimator E]...",
  details:
    "The page holds everything that it shows: it opens from the disk, and loads nothing. Where there are more steps than a screen has room for, charts show the least and the greatest of those that share a place.",
  operands: ["RUN..."],
  operandValues: { path: "directory" },
  options,
  run,
};
