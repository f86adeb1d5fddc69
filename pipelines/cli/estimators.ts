/** @file `rangeflow estimators`: what can stand behind `--weight-range`, `--weight-quantizer` and their siblings. */
import { optionsText } from "../../core/optionText.ts";
import { catalogue, combinators } from "../../quantizers/catalogue/estimatorCatalogue.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { followedBy, type QuantizerEntry } from "../../quantizers/quantizerEntry.ts";
import { encodeJson } from "../files/json.ts";
import { table } from "../report/table.ts";
import { presets } from "../settings/presets.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";

const options: readonly Option[] = [jsonOption];

const estimatorTable = (): string =>
  table(
    ["estimator", "static", "options", "range", "source"],
    [
      ...catalogue.map((entry) => [
        entry.name,
        entry.isStatic ? "yes" : "no",
        optionsText(entry.options),
        entry.summary,
        entry.source,
      ]),
      ...combinators.map((entry) => [
        `${entry.name}(E)`,
        "yes",
        optionsText(entry.options),
        entry.summary,
        entry.source,
      ]),
    ],
  );

type Followed = ReturnType<typeof followedBy>;

const follows = (entry: QuantizerEntry): Readonly<Record<string, Followed>> =>
  Object.fromEntries(entry.roles.map((role) => [role, followedBy(entry, role)]));

/** In one word where it is the same for all roles. */
const followsText = (entry: QuantizerEntry): string => {
  const byRole = Object.entries(follows(entry));
  return new Set(Object.values(follows(entry))).size === 1
    ? (byRole[0]?.[1] ?? "")
    : byRole.map(([role, followed]) => `${role[0]?.toUpperCase()} ${followed}`).join(", ");
};

const quantizerTable = (): string =>
  table(
    ["quantizer", "products", "levels follow", "roles", "options", "grid", "source"],
    quantizerCatalogue.map((entry) => [
      entry.name,
      entry.isInteger ? "integer" : "float32",
      followsText(entry),
      entry.roles.map((role) => role[0]?.toUpperCase()).join(""),
      optionsText(entry.options),
      entry.summary,
      entry.source,
    ]),
  );

const presetTable = (): string =>
  table(
    ["preset", "what it is", "source"],
    Object.entries(presets).map(([name, { summary, source }]) => [name, summary, source]),
  );

const run = async ({ flags }: Arguments, { out }: Terminal): Promise<number> => {
  if (flags.json) {
    for (const { make: _, ...entry } of catalogue) out(`${encodeJson({ event: "estimator", ...entry })}\n`);
    for (const { make: _, ...entry } of combinators)
      out(`${encodeJson({ event: "combinator", ...entry })}\n`);
    for (const entry of quantizerCatalogue)
      out(`${encodeJson({ event: "quantizer", ...entry, follows: follows(entry) })}\n`);
    for (const [name, preset] of Object.entries(presets))
      out(`${encodeJson({ event: "preset", name, ...preset })}\n`);
  } else
    out(
      `${estimatorTable()}\n\n${quantizerTable()}\n\n${presetTable()}\n\nWrite options as inHindsight:decay=0.95 or inHindsight(percentile:low=5):lo=-1,hi=1; a path such as ./my-estimator.ts names one of your own.\n`,
    );
  return 0;
};

export const estimatorsCommand: Command = {
  name: "estimators",
  usage: "[--json]",
  about: "Lists the built-in range estimators, quantizers and presets.",
  options,
  run,
};
