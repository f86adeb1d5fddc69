/** @file `rangeflow evaluate`: how the last checkpoint of a run does on its test samples. */
import { lastValueFrom } from "rxjs";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { normalizationTexts, otherInputsTexts } from "../data/inputNormalization.ts";
import type { DataSource } from "../experiments/experiment.ts";
import { encodeJson } from "../files/json.ts";
import { type EvaluateOptions, type Evaluation, evaluate } from "../runs/evaluate.ts";
import { decodeSettings, settingNames } from "../settings/settings.ts";
import { isPath } from "../settings/userFiles.ts";
import { exportText, userModule } from "../settings/userModule.ts";
import { scoreName, scoreText } from "../views/scoreText.ts";
import { firstGridsText } from "../weights/firstGrids.ts";
import type { Arguments, Option, OwnOption } from "./args.ts";
import { type Command, jsonOption, type Terminal, trustOption } from "./command.ts";
import { declaredOptions, sourceIn } from "./experimentArguments.ts";
import { missingOperand, runOperand } from "./operand.ts";
import { settingOptions } from "./settingOptions.ts";

const testDataOption: OwnOption = {
  name: "test-data",
  kind: "text",
  value: "FILE",
  path: "file",
  help: "evaluate on the test samples of other data: a module that exports a data set, such as fromArrays gives, or a function that gives one",
};

const options: readonly Option[] = [
  testDataOption,
  ...settingOptions(settingNames, { batch: "that of the run", testLimit: "that of the run" }),
  trustOption,
  jsonOption,
];

/** @param isFromFile whether weights come from a file, so that it matters which inputs they get */
const evaluationLine = (
  {
    step,
    images,
    otherData,
    metric,
    testScore,
    testLoss,
    metrics = [],
    batch,
    grids,
    fileInputs,
    ...normalization
  }: Evaluation,
  isFromFile: boolean,
): string =>
  [
    `step ${step}: test ${scoreName(metric)} ${scoreText(metric, testScore)}`,
    ...(metric === "loss" ? [] : [`loss ${testLoss.toFixed(4)}`]),
    ...metrics
      .filter(({ name }) => name !== metric)
      .map(({ name, test }) => `${scoreName(name)} ${scoreText(name, test)}`),
    `${images} test samples${batch === undefined ? "" : ` in batches of ${batch}, as there are no more training samples`}`,
    ...(grids ? [firstGridsText(grids)] : []),
    ...(isFromFile ? normalizationTexts(normalization) : []),
    ...otherInputsTexts(fileInputs),
    ...(otherData === undefined ? [] : [`evaluated on other data than the run's: ${otherData}`]),
  ].join("  ");

/** Data that a module exports. */
const testDataIn = async (file: string): Promise<DataSource> => {
  const exported = getOrThrow(await userModule("--test-data", "a data set", file));
  if (typeof exported === "function" || (typeof exported === "object" && exported !== null))
    return exported as DataSource;
  throw new RangeflowFailure(
    problem("--test-data", `${file} ${exportText(exported)}`, "a default export that is a data set"),
  );
};

/** What is said of the test samples, and the arguments that are left for the run. */
const onWhat = async (
  given: Arguments,
  declared: readonly string[],
  hasRun: boolean,
): Promise<readonly [on: Pick<EvaluateOptions, "data" | "batch" | "testLimit">, rest: Arguments]> => {
  const { "test-data": file, batch, "test-limit": testLimit, ...texts } = given.texts;
  // Without a run, all settings are those of the network that is evaluated.
  if (!hasRun) return [file === undefined ? {} : { data: await testDataIn(file) }, given];
  const isOwn = testLimit !== undefined && declared.includes("test-limit");
  if (file !== undefined && testLimit !== undefined && !isOwn)
    throw new RangeflowFailure(
      problem("--test-limit", "it beside --test-data", "one of both", "limit the data in their file"),
    );
  const said = {
    ...(batch !== undefined && { batch }),
    ...(testLimit !== undefined && !isOwn && { testLimit }),
  };
  const decoded = getOrThrow(decodeSettings(said));
  return [
    {
      ...(file !== undefined && { data: await testDataIn(file) }),
      ...(said.batch !== undefined && { batch: decoded.batch }),
      ...(said.testLimit !== undefined && { testLimit: decoded.testLimit }),
    },
    { ...given, texts: { ...texts, ...(isOwn && { "test-limit": testLimit }) } },
  ];
};

/** The directory of a run, if there is one, and the files; a file of weights to begin with stands for a run. */
const operandsOf = ({
  positionals,
  texts,
}: Arguments): readonly [dir: string | undefined, files: readonly string[]] => {
  const [dir, ...files] = positionals;
  if (texts.init !== undefined && (dir === undefined || isPath(dir))) return [undefined, positionals];
  if (dir !== undefined) return [dir, files];
  throw missingOperand({
    ...runOperand("evaluate", "DIR|--init FILE"),
    expected: "the directory of a run, or a file of weights",
  });
};

const run = async (given: Arguments, { out }: Terminal): Promise<number> => {
  const [dir, files] = operandsOf(given);
  const declared = (await declaredOptions("rangeflow evaluate", files, false))
    .filter(({ hidden }) => !hidden)
    .map(({ name }) => name);
  const [on, rest] = await onWhat({ ...given, positionals: files }, declared, dir !== undefined);
  const source = await sourceIn("rangeflow evaluate", rest);
  const trust = given.flags.trust ?? false;
  const evaluation = await lastValueFrom(evaluate(source, dir, { ...on, trust }));
  out(
    `${given.flags.json ? encodeJson({ event: "evaluated", ...evaluation }) : evaluationLine(evaluation, dir === undefined)}\n`,
  );
  return 0;
};

export const evaluateCommand: Command = {
  usage: "DIR|--init FILE [FILE] [options]",
  details:
    "Without DIR, --init FILE evaluates a network that begins with those weights, by the options of train: each site takes the range that the file has for it, as ONNX files do, or that of its own tensor. FILE is the module that the experiment of the run came from, named again; --trust does without. Settings of the run that name files of your own have to be said again, too, or trusted.\nThe run and its data have to be what they were: --data-dir says where they are, --test-limit, --batch and --test-data change what it is evaluated on, --engine, --threads and --patience how. All other options are those of the run, and may be said again.",
  operands: ["DIR", "FILE"],
  operandValues: { path: "directory" },
  options,
  ownOptions: (operands, forHelp) => declaredOptions("rangeflow evaluate", operands.slice(1, 2), forHelp),
  run,
};
