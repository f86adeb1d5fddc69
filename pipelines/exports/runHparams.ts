/** @file Hyperparameters of a run, for tools that compare runs: what it trains and how, in names and numbers. */
import { knownOutline, type SavedFacts } from "../runs/knownOutline.ts";
import { resourceNames } from "../runs/resources.ts";
import { defaults } from "../settings/settings.ts";

/** Value of a hyperparameter. */
export type Hparam = string | number | boolean;

/** Hyperparameters of a run by name, in the order of a table. */
export type Hparams = ReadonlyMap<string, Hparam>;

const isHparam = (value: unknown): value is Hparam =>
  typeof value === "string" ||
  typeof value === "boolean" ||
  (typeof value === "number" && Number.isFinite(value));

/** Settings that hyperparameters contain under other names, and those that change no bit. */
const passedOver: ReadonlySet<string> = new Set([
  ...["model", "lr", "recipe", "dataDir", "optimizer", "schedule"],
  ...Object.keys(resourceNames),
]);

/** Settings that differ from the defaults, and options of an experiment from a file. An experiment in code has none. */
const chosen = ({ identity: { from, settings } }: SavedFacts): readonly (readonly [string, unknown])[] => {
  if (from === "code") return [];
  if (from === "file") return Object.entries(settings).filter(([name]) => name !== "experiment");
  const usual: Readonly<Record<string, unknown>> = defaults;
  return Object.entries(settings).filter(
    ([name, value]) => !passedOver.has(name) && String(value) !== String(usual[name]),
  );
};

/**
 * The hyperparameters of a run: its recipe, the facts of its outline, and whatever else its settings or the options of its file say. An
 * option with the name of a fact that has another value is called `option.NAME`. Unknown ones are left out.
 */
export const runHparams = (saved: SavedFacts): Hparams => {
  const { identity } = saved;
  const { experiment, data, quantization, loss, optimizer, schedule, ...rest } = knownOutline(saved);
  const { learningRate, batch, epochs, seed } = rest;
  const facts: Readonly<Record<string, unknown>> = {
    ...(identity.from === "settings" && { recipe: identity.settings.recipe }),
    ...{ experiment, data, ...quantization, loss, optimizer, schedule },
    ...{ learningRate, batch, epochs, seed },
  };
  const named = Object.entries(facts).map(
    ([name, value]) => [name, Array.isArray(value) ? value.join(" ") : value] as const,
  );
  const known = new Map(named);
  const more = chosen(saved).flatMap(([name, value]) => {
    const fact = known.get(name);
    if (fact === undefined) return [[name, value] as const];
    return String(fact) === String(value) ? [] : [[`option.${name}`, value] as const];
  });
  return new Map([...named, ...more].filter((entry): entry is [string, Hparam] => isHparam(entry[1])));
};

/** A column of a table of runs. */
export interface HparamColumn {
  readonly name: string;
  /** Type of its values; a string if they are of several types. */
  readonly type: "string" | "number" | "boolean";
  /** Whether runs differ in it. */
  readonly differs: boolean;
}

const typeOf = (values: readonly Hparam[]): HparamColumn["type"] => {
  const [type, ...others] = new Set(values.map((value) => typeof value as HparamColumn["type"]));
  return type === undefined || others.length > 0 ? "string" : type;
};

/** Columns of a table of runs: all hyperparameters that some run has. */
export const hparamColumns = (runs: readonly Hparams[]): readonly HparamColumn[] =>
  [...new Set(runs.flatMap((hparams) => [...hparams.keys()]))].map((name) => {
    const values = runs.map((hparams) => hparams.get(name));
    const type = typeOf(values.filter((value) => value !== undefined));
    const shown = new Set(
      type === "string" ? values.map((value) => (value === undefined ? value : String(value))) : values,
    );
    return { name, type, differs: shown.size > 1 };
  });
