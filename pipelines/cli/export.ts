/** @file `rangeflow export`: the network of a run, or its curves, in the formats of other tools. */
import { conflict, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectedName } from "../../core/nearest.ts";
import { builtIn, experimentFile } from "../experiments/source.ts";
import { encodeJson } from "../files/json.ts";
import { outputPath } from "../files/outputFiles.ts";
import { optionName, optionOf, type SettingName, settingNames } from "../settings/settings.ts";
import { mayNameMethod } from "../settings/userFiles.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal, trustOption } from "./command.ts";
import { type ExportFormat, exportFormats } from "./exportFormats.ts";
import { operandIn, runOperand } from "./operand.ts";
import { givenSettings, settingOptions } from "./settingOptions.ts";

const formatNames = exportFormats.map(({ name }) => name);

/** Settings that may name files of the user. */
const methods: readonly SettingName[] = settingNames.filter(mayNameMethod);

/** Settings that apply to export: where the data of a built-in experiment are, and which files the run has executed. */
const shown: readonly SettingName[] = ["dataDir", ...methods];

const options: readonly Option[] = [
  {
    name: "to",
    kind: "text",
    value: "FORMAT",
    values: formatNames,
    help: exportFormats.map(({ name, help, out }) => `${name}: ${help}, a ${out}`).join("; "),
  },
  {
    name: "out",
    kind: "text",
    value: "FILE|DIR",
    path: "file",
    help: "output path; what is there is replaced",
  },
  ...exportFormats.flatMap(({ name, options }) =>
    options.map((option) => ({ ...option, group: `Options of --to ${name}` })),
  ),
  ...settingOptions(shown),
  trustOption,
  jsonOption,
];

const formatIn = (to: string | undefined): ExportFormat => {
  const format = exportFormats.find(({ name }) => name === to);
  if (format !== undefined) return format;
  const found = to === undefined ? "no format" : `"${to}"`;
  throw new RangeflowFailure(problem("--to", found, expectedName(to ?? "", formatNames)));
};

/** Refuses options of formats other than the requested one. */
const checkOwn = (format: ExportFormat, { texts, flags, lists }: Arguments): void => {
  const given = { ...texts, ...flags, ...lists };
  const strange = exportFormats
    .filter(({ name }) => name !== format.name)
    .flatMap(({ name, options }) => options.map((option) => ({ option: option.name, of: name })))
    .filter(({ option }) => option in given && format.options.every(({ name }) => name !== option));
  if (strange.length > 0)
    throw new RangeflowFailure(
      ...strange.map(({ option, of }) =>
        problem(`--${option}`, `used with --to ${format.name}`, `only with --to ${of}`),
      ),
    );
};

/** Refuses what names the experiment or the data of a run where only its files are read. */
const checkNothingToOpen = (
  { name, opensNothing }: ExportFormat,
  { texts, flags, lists, positionals: [, file] }: Arguments,
): void => {
  if (!opensNothing) return;
  const idle = [
    ...(file === undefined ? [] : [file]),
    ...shown.filter((setting) => optionName(setting) in { ...texts, ...lists }).map(optionOf),
    ...(flags.trust ? ["--trust"] : []),
  ];
  if (idle.length > 0)
    throw new RangeflowFailure(
      ...idle.map((given) => conflict(given, `has no effect with --to ${name}`, "leave it out")),
    );
};

const run = async (given: Arguments, { out: print }: Terminal): Promise<number> => {
  const { texts, flags, positionals } = given;
  const dir = operandIn(given, runOperand("export", `RUN --to ${formatNames.join("|")} --out FILE|DIR`));
  const [, file] = positionals;
  const format = formatIn(texts.to);
  checkOwn(format, given);
  checkNothingToOpen(format, given);
  const { out } = texts;
  if (out === undefined)
    throw new RangeflowFailure(
      problem("--out", "nothing", `--out ${format.out}, where ${format.name} is written to`),
    );
  if (format.out === "FILE") outputPath(out);
  const source =
    file === undefined
      ? builtIn(givenSettings(shown, given))
      : experimentFile(file, {}, givenSettings(methods, given));
  const opening = { trust: flags.trust ?? false, engine: "reference" } as const;
  const { text, facts } = await format.write({ source, dir, out, opening, given });
  print(
    flags.json
      ? `${encodeJson({ event: "exported", to: format.name, out, ...facts })}\n`
      : `${out}: ${text}\n`,
  );
  return 0;
};

export const exportCommand: Command = {
  usage: `RUN [FILE] --to ${formatNames.join("|")} --out FILE|DIR`,
  details:
    "RUN is the directory of a run; its last checkpoint is exported, with --to tensorboard what it, or each run below it, has logged and recorded. FILE is the module that its experiment came from, named again; with --trust it need not be named. Settings of the run that name your own files have to be given again too, or trusted.",
  operands: ["RUN", "FILE"],
  operandValues: { path: "directory" },
  options,
  run,
};
