/** @file Recipes by the names that the command line uses: built-in ones, and modules of the user. */
import { resolve } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import type { Accumulator } from "../../core/accumulator.ts";
import { parseEntry } from "../../core/entry.ts";
import { type Problem, problem, thrownText, valueText } from "../../core/errors.ts";
import { isRecord } from "../../core/guards.ts";
import { expectedName } from "../../core/nearest.ts";
import type { Role } from "../../core/signal.ts";
import type { NamedQuantizer, Quantizer, QuantizerChoice } from "../../quantizers/quantizer.ts";
import { checkRules } from "../../quantizers/rules/checkRules.ts";
import type { Rule } from "../../quantizers/rules/rule.ts";
import { namedQuantizer } from "../../quantizers/rules/values.ts";
import { watchedCall, watchedTrial } from "../foreign/watchdog.ts";
import { accumulatorIn, accumulatorText } from "../settings/settings.ts";
import { exportWith } from "../settings/userEntry.ts";
import { fileIn, type Locate } from "../settings/userFiles.ts";
import { exportText, userModule } from "../settings/userModule.ts";
import { recipeCatalogue } from "./recipeCatalogue.ts";
import { type Recipe, type Training, trainingNames } from "./recipeEntry.ts";

const none: Recipe = { quantization: [], training: {} };

type Fields = Readonly<Record<string, unknown>>;

const parts = ["quantization", "training"];

/** Watches a user-defined function that chooses a quantizer. */
const watchedChoice = (value: unknown, recipe: string): unknown => {
  if (typeof value !== "function") return value;
  const { name, choose } = namedQuantizer(value as QuantizerChoice) as NamedQuantizer;
  const watched = watchedCall(`${recipe}, which chooses a quantizer`);
  return { name, choose: (base: Quantizer, role: Role) => watched(-1, () => choose({ ...base }, role)) };
};

/** A copy of a plan. */
const copiedPlan = (plan: Fields, recipe: string): Fields =>
  "quantizer" in plan ? { ...plan, quantizer: watchedChoice(plan.quantizer, recipe) } : { ...plan };

/** A copy of a rule, since a module may change the original. */
const copied = (rule: unknown, recipe: string): Rule => {
  if (!isRecord(rule)) return rule as Rule;
  const plans = Object.entries(rule).map(([key, value]) => [
    key,
    isRecord(value) ? copiedPlan(value, recipe) : value,
  ]);
  return { ...Object.fromEntries(plans), recipe };
};

const isAccumulator = (x: Fields): boolean =>
  typeof x.backward === "boolean" &&
  accumulatorIn(accumulatorText(x as unknown as Accumulator)) !== undefined;

/** The training settings of a module, checked. */
const trainingIn = (where: string, training: unknown): E.Either<readonly Problem[], Training> => {
  if (!isRecord(training))
    return E.left([problem(where, `training ${valueText(training)}`, "an object such as { lr: 0.01 }")]);
  const known = [...trainingNames, "accumulator"];
  const unknown = Object.keys(training).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return E.left(unknown.map((name) => problem(where, `training.${name}`, expectedName(name, known))));
  const { accumulator } = training;
  const isRight = accumulator === undefined || (isRecord(accumulator) && isAccumulator(accumulator));
  return isRight
    ? E.right(structuredClone(training) as Training)
    : E.left([
        problem(
          where,
          `training.accumulator ${valueText(accumulator)}`,
          '{ bits: 16, overflow: "wrap" or "saturate", backward: false }, with 2 to 31 bits',
        ),
      ]);
};

/** The recipe in an export, which is read once. */
const recipeIn = (where: string, name: string, found: unknown): E.Either<readonly Problem[], Recipe> => {
  const refuse = (what: string) =>
    E.left([
      problem(where, `${name} ${what}`, "a default export { quantization: [rules], training: { .. } }"),
    ]);
  if (!isRecord(found)) return refuse(exportText(found));
  const others = Object.keys(found).filter((key) => !parts.includes(key));
  if (others.length > 0 || !parts.some((part) => part in found))
    return refuse(others.length > 0 ? `exports "${others[0]}"` : "exports a value without quantization");
  const { quantization = [], training = {} } = found;
  if (!Array.isArray(quantization)) return refuse(`exports quantization ${valueText(quantization)}`);
  const rules: readonly Rule[] = quantization.map((rule) => copied(rule, name));
  const wrong = checkRules(rules).map((one) => ({ ...one, where: `${where}, ${name}, ${one.where}` }));
  if (wrong.length > 0) return E.left(wrong);
  return E.map((read: Training): Recipe => ({ quantization: rules, training: read }))(
    trainingIn(`${where}, ${name}`, training),
  );
};

/** The recipe in an export whose getters may throw. */
const checked = (
  where: string,
  file: NonNullable<ReturnType<typeof fileIn>>,
  found: unknown,
): E.Either<readonly Problem[], Recipe> => {
  const refuse = (what: string) =>
    E.left([problem(where, `${file.name} ${what}`, "a recipe, or an entry { options, make } of one")]);
  try {
    return E.chain((made: unknown) => recipeIn(where, file.name, made))(
      exportWith(where, file, found, refuse),
    );
  } catch (error) {
    return refuse(`exports what cannot be looked at: ${thrownText(error)}`);
  }
};

const parseRecipe = parseEntry("recipe", recipeCatalogue);

/**
 * The recipe that a text names: `lbt:bits=3`, `none`, or `./my-recipe.ts` (TypeScript or JavaScript, relative to the working directory).
 *
 * @param where the option that the text belongs to; used in errors only
 * @param locate finds files by name. Default: relative to the working directory
 */
export const recipeNamed = async (
  where: string,
  text: string,
  locate: Locate = resolve,
): Promise<E.Either<readonly Problem[], Recipe>> => {
  if (text === "none") return E.right(none);
  const file = fileIn(text);
  if (file === undefined) return parseRecipe(where)(text);
  return E.chain((found: unknown) => watchedTrial(text, () => checked(where, file, found)))(
    await userModule(where, "a recipe", file.name, locate),
  );
};

/** The built-in recipe that a text names; a recipe without rules for any other text. */
export const builtInRecipe = (text: string): Recipe => {
  const parsed = fileIn(text) || text === "none" ? E.right(none) : parseRecipe("recipe")(text);
  return E.isRight(parsed) ? parsed.right : none;
};
