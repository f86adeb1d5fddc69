/** @file `rangeflow estimators`: the values of `--weight-range`, `--weight-quantizer` and similar options. */
import { declarationProblems } from "../../core/declaredOptions.ts";
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { expectedName } from "../../core/nearest.ts";
import { catalogue, combinators } from "../../quantizers/catalogue/estimatorCatalogue.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import type { EstimatorEntry } from "../../quantizers/estimators/estimatorEntry.ts";
import { followedBy, type QuantizerEntry } from "../../quantizers/quantizerEntry.ts";
import type { QuantizerValue } from "../../quantizers/rules/rule.ts";
import { namedQuantizer } from "../../quantizers/rules/values.ts";
import { encodeJson } from "../files/json.ts";
import { recipeCatalogue } from "../recipes/recipeCatalogue.ts";
import { entryIn } from "../settings/userEntry.ts";
import { fileIn } from "../settings/userFiles.ts";
import { exportText, userModule } from "../settings/userModule.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";
import { type Method, methodText, namedList } from "./methodText.ts";
import { estimatorNames, quantizerNames } from "./settingOptions.ts";
import { wrapped } from "./wrapped.ts";

const options: readonly Option[] = [jsonOption];

type Followed = ReturnType<typeof followedBy>;

const follows = (entry: QuantizerEntry): Readonly<Record<string, Followed>> =>
  Object.fromEntries(entry.roles.map((role) => [role, followedBy(entry, role)]));

/** Quantity that a quantizer's levels follow: `range` if it is the same for all roles, else `weight tensor, activation range`. */
const followsText = (entry: QuantizerEntry): string => {
  const byRole = Object.entries(follows(entry));
  return new Set(Object.values(follows(entry))).size === 1
    ? (byRole[0]?.[1] ?? "")
    : byRole.map(([role, followed]) => `${role} ${followed}`).join(", ");
};

/** The built-in methods in lists of their own: name, summary and source, in lines of at most `columns` characters. */
const listText = (columns: number): string =>
  [
    namedList("Range estimators", catalogue, columns),
    namedList(
      "Combinators of an estimator E",
      combinators.map((entry) => ({ ...entry, name: `${entry.name}(E)` })),
      columns,
    ),
    namedList("Quantizers", quantizerCatalogue, columns),
    namedList("Recipes", recipeCatalogue, columns),
    [
      ...wrapped(
        "Options follow a name, as in inHindsight:decay=0.95 or inHindsight(percentile:low=5):lo=-1,hi=1. A path such as ./my-estimator.ts names a method of your own.",
        columns,
      ),
      ...wrapped("rangeflow estimators NAME, or a path, shows the options and details of a method.", columns),
    ].join("\n"),
  ].join("\n\n");

const ofEstimator = (entry: EstimatorEntry): Method => ({
  ...entry,
  title: entry.name,
  kind: `range estimator, ${entry.isStatic ? "static" : "dynamic"}`,
});

/** The built-in methods with a name: an estimator, a combinator, a quantizer, a recipe, or several of these. */
const builtIn = (name: string): readonly Method[] => [
  ...catalogue.filter((entry) => entry.name === name).map(ofEstimator),
  ...combinators
    .filter((entry) => entry.name === name)
    .map((entry) => ({ ...entry, title: `${name}(E)`, kind: "estimator of another estimator E, static" })),
  ...quantizerCatalogue
    .filter((entry) => entry.name === name)
    .map((entry) => ({
      ...entry,
      title: name,
      kind: `quantizer of ${entry.roles.join(", ")}, products ${entry.isInteger ? "integer" : "float32"}`,
      levels: `levels follow: ${followsText(entry)}`,
    })),
  ...recipeCatalogue
    .filter((entry) => entry.name === name)
    .map((entry) => ({ ...entry, title: name, kind: "recipe" })),
];

const allNames: readonly string[] = [
  ...new Set(
    [...catalogue, ...combinators, ...quantizerCatalogue, ...recipeCatalogue].map(({ name }) => name),
  ),
];

const where = "rangeflow estimators";

/** The method in a user's file: as its entry describes it, or without options if it exports none. */
const ofFile = async (path: string): Promise<Method> => {
  const exported = getOrThrow(await userModule(where, "an estimator or a quantizer", path));
  const entry = entryIn(exported);
  if (entry === undefined && namedQuantizer(exported as QuantizerValue) === undefined)
    throw new RangeflowFailure(
      problem(where, `${path} ${exportText(exported)}`, "an estimator, a quantizer, or an entry of one"),
    );
  const { options = {}, summary, source, note } = entry ?? {};
  const wrong = declarationProblems(path, options);
  if (wrong.length > 0) throw new RangeflowFailure(...wrong);
  return {
    title: path,
    kind: "a method of your own",
    options,
    ...(typeof summary === "string" && { summary }),
    ...(typeof source === "string" && { source }),
    ...(typeof note === "string" && { note }),
  };
};

/** The methods that a name or a path stands for. @throws `RangeflowFailure` if there is none */
const methodsNamed = async (name: string): Promise<readonly Method[]> => {
  const file = fileIn(name);
  if (file !== undefined) return [await ofFile(file.name)];
  const found = builtIn(name);
  if (found.length > 0) return found;
  const expected = expectedName(
    name,
    allNames,
    `one that ${where} lists, or a path such as ./my-estimator.ts`,
  );
  throw new RangeflowFailure(problem(where, `"${name}"`, expected));
};

/** Columns of the lists where standard output is no terminal. */
const defaultColumns = 100;

const run = async (
  { flags, positionals }: Arguments,
  { out, columns = defaultColumns }: Terminal,
): Promise<number> => {
  const [name] = positionals;
  if (name !== undefined) {
    const methods = await methodsNamed(name);
    if (flags.json)
      for (const { title, kind, summary, source, note, options } of methods)
        out(`${encodeJson({ event: "method", title, kind, summary, source, note, options })}\n`);
    else out(`${methods.map(methodText).join("\n\n")}\n`);
    return 0;
  }
  if (flags.json) {
    for (const { make: _, ...entry } of catalogue) out(`${encodeJson({ event: "estimator", ...entry })}\n`);
    for (const { make: _, ...entry } of combinators)
      out(`${encodeJson({ event: "combinator", ...entry })}\n`);
    for (const entry of quantizerCatalogue)
      out(`${encodeJson({ event: "quantizer", ...entry, follows: follows(entry) })}\n`);
    for (const { make: _, kind: __, ...entry } of recipeCatalogue)
      out(`${encodeJson({ event: "recipe", ...entry })}\n`);
  } else out(`${listText(columns)}\n`);
  return 0;
};

export const estimatorsCommand: Command = {
  usage: "[NAME|FILE] [--json]",
  operands: ["name"],
  operandValues: { values: [...estimatorNames, ...quantizerNames], path: "file" },
  options,
  run,
};
