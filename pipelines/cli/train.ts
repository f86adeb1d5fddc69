/** @file `rangeflow train`: a network is trained, a run recorded. What the options need is here, what a run needs is loaded with it. */
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
  { name: "live", kind: "flag", help: "serve a page that shows the run while it trains" },
  ...placeOptions,
  jsonOption,
];

const options: readonly Option[] = [...settingOptions(settingNames), ...own];

export const trainCommand: Command = {
  usage: "[FILE] [options]",
  details:
    "Training goes on when standard output is closed, as by head; where output cannot be written it ends with exit code 2, and --resume goes on.\nFILE is a module of your own that exports an experiment, such as ./mine.ts; its options stand behind it. Without one the model and the data are built-in ones.",
  operands: ["FILE"],
  operandValues: { path: "file" },
  options,
  ownOptions: (files, forHelp) => declaredOptions("rangeflow train", files.slice(0, 1), forHelp),
  goesOn: true,
  run: async (given, terminal) => (await import("./runTrain.ts")).runTrain(given, terminal),
};
