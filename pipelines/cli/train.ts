/** @file `rangeflow train`: trains a network and records the run. This module has the options only; training is loaded when it runs. */
import { settingNames } from "../settings/settings.ts";
import type { Option, OwnOption } from "./args.ts";
import { type Command, jsonOption, trustOption } from "./command.ts";
import { declaredOptions } from "./experimentArguments.ts";
import { placeOptions } from "./placeOptions.ts";
import { settingOptions } from "./settingOptions.ts";

const own: readonly OwnOption[] = [
  {
    name: "out",
    kind: "text",
    value: "DIR",
    path: "directory",
    help: "directory for checkpoint and recording [runs/...]",
  },
  { name: "resume", kind: "flag", help: "resume the run in --out from its last checkpoint" },
  trustOption,
  { name: "live", kind: "flag", help: "serve a live page of the run while it trains" },
  ...placeOptions,
  jsonOption,
];

const options: readonly Option[] = [...settingOptions(settingNames), ...own];

export const trainCommand: Command = {
  usage: "[FILE] [options]",
  details:
    "Training continues if standard output is closed, as by head; if output cannot be written, the exit code is 2, and --resume continues the run.\nFILE is a module of your own that exports an experiment, such as ./mine.ts; its options follow it. Without FILE, a built-in model and built-in data are used.",
  operands: ["FILE"],
  operandValues: { path: "file" },
  options,
  ownOptions: (files, forHelp) => declaredOptions("rangeflow train", files.slice(0, 1), forHelp),
  goesOn: true,
  run: async (given, terminal) => (await import("./runTrain.ts")).runTrain(given, terminal),
};
