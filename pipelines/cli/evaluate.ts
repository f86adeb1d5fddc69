/** @file `rangeflow evaluate`: test metrics of the last checkpoint of a run. */
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
  help: "evaluate on the test samples of other data: a module that exports a data set, as fromArrays returns one, or a function that returns one",
};

const options: readonly Option[] = [
  testDataOption,
  ...settingOptions(settingNames, { batch: "as in the run", testLimit: "as in the run" }),
  trustOption,
  jsonOption,
];

/** @param isFromFile whether weights come from a file, so that the normalization of inputs is shown */
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
    `${images} test samples${batch === undefined ? "" : ` in batches of ${batch}, the number of training samples`}`,
    ...(grids ? [firstGridsText(grids)] : []),
    ...(isFromFile ? normalizationTexts(normalization) : []),
    ...otherInputsTexts(fileInputs),
    ...(otherData === undefined ? [] : [`evaluated on other data than the run's: ${otherData}`]),
  ].join("  ");

/** The data set that a module exports. */
const testDataIn = async (file: string): Promise<DataSource> => {
  const exported = getOrThrow(await userModule("--test-data", "a data set", file));
  if (typeof exported === "function" || (typeof exported === "object" && exported !== null))
    return exported as DataSource;
  throw new RangeflowFailure(
    problem("--test-data", `${file} ${exportText(exported)}`, "a default export that is a data set"),
  );
};

/** The options of the test samples, and the remaining arguments, which are for the run. */
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
      problem("--test-limit", "used with --test-data", "only one of the two", "limit the data in their file"),
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

/** The directory of a run, and files. With --init there may be no directory: the weights stand for a run. */
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
    "Without DIR, --init FILE evaluates a network with those initial weights, configured by the options of train: each site uses its range from the file, if the file has one, as ONNX files do, or else the range of its own tensor. FILE is the module that the experiment of the run came from, named again; with --trust it need not be named. Settings of the run that name your own files have to be given again too, or trusted.\nThe run and its data must be unchanged. --data-dir says where the data are; --test-limit, --batch and --test-data change what is evaluated; --engine, --threads and --patience change how. All other options must be those of the run, and need not be given.",
  operands: ["DIR", "FILE"],
  operandValues: { path: "directory" },
  options,
  ownOptions: (operands, forHelp) => declaredOptions("rangeflow evaluate", operands.slice(1, 2), forHelp),
  run,
};
