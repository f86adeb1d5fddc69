/** @file `rangeflow evaluate`: how the last checkpoint of a run does on its test samples. */
import { lastValueFrom } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { encodeJson } from "../files/json.ts";
import { scoreName, scoreText } from "../report/scoreText.ts";
import { type Evaluation, evaluate } from "../runs/evaluate.ts";
import { type SettingName, settingNames } from "../settings/settings.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal, trustOption } from "./command.ts";
import { declaredOptions, sourceIn } from "./experimentArguments.ts";
import { settingOptions } from "./settingOptions.ts";

/** Settings that decide where and how fast a run is judged; all others are those of the run, and may only be said again. */
const shown: readonly SettingName[] = ["dataDir", "engine", "threads", "patience"];

const options: readonly Option[] = [
  ...settingOptions(shown),
  ...settingOptions(settingNames.filter((name) => !shown.includes(name))).map((option) => ({
    ...option,
    hidden: true,
  })),
  trustOption,
  jsonOption,
];

const evaluationLine = ({ step, images, metric, testScore, testLoss, metrics = [] }: Evaluation): string =>
  [
    `step ${step}: test ${scoreName(metric)} ${scoreText(metric, testScore)}`,
    ...(metric === "loss" ? [] : [`loss ${testLoss.toFixed(4)}`]),
    ...metrics
      .filter(({ name }) => name !== metric)
      .map(({ name, test }) => `${name} ${test.toPrecision(4)}`),
    `${images} test samples`,
  ].join("  ");

const run = async (given: Arguments, { out }: Terminal): Promise<number> => {
  const [dir, ...files] = given.positionals;
  if (dir === undefined)
    throw new RangeflowFailure(
      problem("rangeflow evaluate", "no directory", "rangeflow evaluate DIR with the directory of a run"),
    );
  const source = await sourceIn("rangeflow evaluate", { ...given, positionals: files });
  const evaluation = await lastValueFrom(evaluate(source, dir, { trust: given.flags.trust ?? false }));
  out(
    `${given.flags.json ? encodeJson({ event: "evaluated", ...evaluation }) : evaluationLine(evaluation)}\n`,
  );
  return 0;
};

export const evaluateCommand: Command = {
  usage: "DIR [FILE] [options]",
  details:
    "FILE is the module that the experiment of the run came from, named again; --trust does without. Settings of the run that name files of your own have to be said again, too, or trusted.",
  operands: ["DIR", "FILE"],
  operandValues: { path: "directory" },
  options,
  ownOptions: (operands, forHelp) => declaredOptions("rangeflow evaluate", operands.slice(1, 2), forHelp),
  run,
};
