/** @file `rangeflow report`: one page that shows runs. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { writeAtomically } from "../files/atomic.ts";
import { readRunView } from "../report/readRunView.ts";
import { reportPage } from "../report/reportPage.ts";
import type { Arguments, Option } from "./args.ts";
import type { Command, Terminal } from "./command.ts";

const options: readonly Option[] = [
  {
    name: "out",
    kind: "text",
    value: "FILE",
    path: "file",
    help: "file that the page is written to [report.html]",
  },
];

const run = async ({ texts, positionals }: Arguments, { out }: Terminal): Promise<number> => {
  if (positionals.length === 0)
    throw new RangeflowFailure(
      problem("rangeflow report", "no directory", "rangeflow report RUN.. with the directories of runs"),
    );
  const path = texts.out ?? "report.html";
  const page = new TextEncoder().encode(reportPage(positionals.map((dir) => readRunView(dir))));
  writeAtomically(path, [page]);
  out(
    `${path}: ${positionals.length === 1 ? "1 run" : `${positionals.length} runs`}, ${(page.length / 1e6).toFixed(2)} MB\n`,
  );
  return 0;
};

export const reportCommand: Command = {
  usage: "RUN... [--out FILE]",
  details:
    "The page holds everything that it shows: it opens from the disk, and loads nothing. Where there are more steps than a screen has room for, charts show the least and the greatest of those that share a place.",
  operands: ["RUN..."],
  operandValues: { path: "directory" },
  options,
  run,
};
