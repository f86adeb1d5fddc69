/** @file What is known of the outline of a saved run: all of it, or, for runs of earlier versions, what follows from their other files. */
import type { InputNormalization } from "../data/inputNormalization.ts";
import { trainingParts } from "../experiments/builtInExperiment.ts";
import { defaultName } from "../experiments/experiment.ts";
import { defaults } from "../settings/settings.ts";
import { quantizationNames, type ShownQuantization } from "../settings/shownSites.ts";
import type { DoneEvent } from "./events.ts";
import { type Identity, type Said, settingsIn } from "./identity.ts";
import type { RunOutline } from "./outline.ts";
import type { SavedHead } from "./runDirectory.ts";

/** What the files of a run say of it: its identity, and whatever else was read. */
export type SavedFacts = Pick<SavedHead, "identity"> &
  Partial<Pick<SavedHead, "outline" | "seed" | "epochs" | "step" | "progress">> & {
    readonly done?: Pick<DoneEvent, "roles">;
  };

/** An outline of which not everything is known. */
export type KnownOutline = Partial<RunOutline>;

const withoutMissing = (known: { readonly [K in keyof RunOutline]?: RunOutline[K] | undefined }) =>
  Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as KnownOutline;

const numberIn = (settings: Said, name: string): number | undefined => {
  const value = settings[name];
  return typeof value === "number" ? value : undefined;
};

const textIn = (settings: Said, name: string): string | undefined => {
  const value = settings[name];
  return typeof value === "string" ? value : undefined;
};

/** Quantization as the settings of a built-in experiment ask for it: bits, estimators, and what is unusual. */
const askedQuantization = (identity: Identity): ShownQuantization => {
  const settings = settingsIn(identity);
  const always: readonly string[] = ["bits", "weightRange", "activationRange", "gradientRange"];
  return Object.fromEntries(
    quantizationNames
      .filter((name) => always.includes(name) || String(settings[name]) !== String(defaults[name]))
      .map((name) => [name, settings[name]]),
  ) as unknown as ShownQuantization;
};

const ofSettings = (identity: Identity): KnownOutline => {
  const settings = settingsIn(identity);
  const { model, data, batch, epochs, seed, lr } = settings;
  const { optimizer, schedule } = trainingParts(settings);
  return withoutMissing({
    ...{ experiment: model, data, batch, epochs, seed },
    optimizer: optimizer?.name,
    schedule: schedule?.name,
    learningRate: lr,
    quantization: askedQuantization(identity),
  });
};

/** Sizes of the trained parameters of a network that an experiment in code describes. */
const sizesIn = (network: string): readonly number[] =>
  network.split("; ").flatMap((text) => {
    const [, shape] = / (?:weight|bias|normalization) ([0-9x]+)$/.exec(text) ?? [];
    return shape === undefined ? [] : [shape.split("x").reduce((size, side) => size * Number(side), 1)];
  });

/** Mean and standard deviation of inputs that it describes. */
const normalizationIn = (described: unknown): InputNormalization => {
  const { mean, std } = (described ?? {}) as Partial<Record<"mean" | "std", unknown>>;
  const areNumbers = (x: unknown): x is readonly number[] => Array.isArray(x) && x.every(Number.isFinite);
  return areNumbers(mean) && areNumbers(std) ? { inputMean: mean, inputStd: std } : {};
};

/** Number of convolutions and dense layers that it describes. */
const layersIn = (lines: unknown): number | undefined =>
  Array.isArray(lines) ? lines.filter((line) => /^\s*(\S+ )?conv2d\b/.test(String(line))).length : undefined;

const ofCode = ({ settings }: Identity): KnownOutline => {
  const sizes = sizesIn(textIn(settings, "network") ?? "");
  return withoutMissing({
    ...{ experiment: textIn(settings, "name"), loss: textIn(settings, "loss") },
    ...(sizes.length > 0 && { parameters: sizes.reduce((sum, size) => sum + size, 0) }),
    layers: layersIn(settings.layers),
    ...normalizationIn(settings.normalization),
    ...{ batch: numberIn(settings, "batch"), epochs: numberIn(settings, "epochs") },
    seed: numberIn(settings, "seed"),
    ...{ optimizer: textIn(settings, "optimizer"), schedule: textIn(settings, "schedule") },
  });
};

/** Samples per batch, from the samples that a run has trained on. Batches of a run are equally large. */
const batchOf = ({ step = 0, progress }: SavedFacts): number | undefined => {
  const batch = (progress?.trained.images ?? 0) / step;
  return Number.isInteger(batch) && batch > 0 ? batch : undefined;
};

const ofFile = (saved: SavedFacts): KnownOutline => {
  const { settings } = saved.identity;
  return withoutMissing({
    batch: numberIn(settings, "batch") ?? batchOf(saved),
    epochs: numberIn(settings, "epochs") ?? saved.epochs,
    seed: numberIn(settings, "seed") ?? saved.seed,
  });
};

const derivedFrom = { settings: ofSettings, code: ofCode } as const;

/** What is known of the outline of a run. */
export const knownOutline = (saved: SavedFacts): KnownOutline => {
  const { identity, outline, done } = saved;
  if (outline) return outline;
  // A finished run without a role has quantized nothing.
  const isFloat = done?.roles.length === 0;
  return {
    ...(identity.from === "file" ? ofFile(saved) : derivedFrom[identity.from](identity)),
    ...(isFloat && { quantization: { bits: "32/32/32" } }),
  };
};

/** Name of an experiment that its author has given; undefined for the default one. */
export const givenName = ({ experiment }: KnownOutline): string | undefined =>
  experiment === defaultName ? undefined : experiment;
