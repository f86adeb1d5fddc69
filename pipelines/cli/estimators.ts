/** @file `rangeflow estimators`: what can stand behind `--weight-range` and its siblings. */
import { catalogue, type EstimatorOption } from "../../quantizers/catalogue.ts";
import { helpText, type Option, parseArguments } from "./args.ts";
import { type Command, helpOption, jsonOption, type Terminal } from "./command.ts";
import { table } from "./table.ts";

const options: readonly Option[] = [jsonOption, helpOption];

const optionText = (option: EstimatorOption): string =>
  option.default === undefined || Number.isNaN(option.default)
    ? option.name
    : `${option.name}=${option.default}`;

const run = async (args: readonly string[], { out }: Terminal): Promise<number> => {
  const { flags } = parseArguments("estimators", args, options, 0);
  if (flags.help) out(helpText(estimatorsCommand.usage, estimatorsCommand.about, options));
  else if (flags.json)
    for (const { make: _, ...entry } of catalogue)
      out(`${JSON.stringify({ event: "estimator", ...entry })}\n`);
  else
    out(
      `${table(
        ["estimator", "static", "options", "range", "source"],
        catalogue.map((entry) => [
          entry.name,
          entry.isStatic ? "yes" : "no",
          entry.options.map(optionText).join(","),
          entry.summary,
          entry.source,
        ]),
      )}\n\nWrite options as inHindsight:decay=0.95; a path such as ./my-estimator.ts names one of your own.\n`,
    );
  return 0;
};

export const estimatorsCommand: Command = {
  name: "estimators",
  usage: "rangeflow estimators [--json]",
  about: "Lists the built-in range estimators with their options.",
  options,
  run,
};
