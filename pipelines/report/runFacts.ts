/** @file Facts about a run as names and values: what every experiment has, then what is its own, then data, host and versions. */
import { numbers } from "../data/inputNormalization.ts";
import { holderText } from "../files/holder.ts";
import type { ImportInfo } from "../files/importInfo.ts";
import { holderOf } from "../files/lock.ts";
import type { StartEvent } from "../runs/events.ts";
import type { Identity } from "../runs/identity.ts";
import { givenName, type KnownOutline, knownOutline, type SavedFacts } from "../runs/knownOutline.ts";
import type { Provenance } from "../runs/provenance.ts";
import { homeOf } from "../runs/runDirectory.ts";
import { defaults } from "../settings/settings.ts";
import { quantizationNames } from "../settings/shownSites.ts";
import type { SiteFactsView } from "../views/runView.ts";
import { recordedQuantization } from "./recordedQuantization.ts";

type Fact = readonly [string, string];

const text = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Words of a name: `activationRange` becomes `activation range`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Values that mean that nothing was set. */
const nothing: readonly string[] = ["", "[]", "{}"];

const standard: Readonly<Record<string, unknown>> = { ...defaults };

/** A name with its options, without those that are off: a default that only some experiments spell out. */
const withoutOff = (name: string): string => name.replace(/,\w+=false\b|\b\w+=false,?/g, "");

/** What all kinds of experiments have: a fact of the same name and kind for each of them, if it is known. */
const outlineFacts = (
  known: KnownOutline,
  { train, test }: Pick<Identity["data"], "train" | "test">,
): readonly Fact[] => {
  const { data, inputShape, classes, parameters, layers, loss, quantization } = known;
  const { batch, epochs, seed, optimizer, learningRate, schedule, inputMean, inputStd } = known;
  const facts: readonly (readonly [string, unknown])[] = [
    ...Object.entries({ parameters, layers, loss, data }),
    ["input", inputShape?.join("x")],
    ["classes", classes],
    ["input mean", inputMean && numbers(inputMean)],
    ["input std", inputStd && numbers(inputStd)],
    ["training samples", train],
    ["test samples", test],
    ...quantizationNames.map((name) => [words(name), quantization?.[name]] as const),
    ...Object.entries({ batch, epochs, seed }),
    ["optimizer", optimizer && withoutOff(optimizer)],
    ["learning rate", learningRate],
    ["schedule", schedule],
  ];
  return facts.flatMap(([name, value]): readonly Fact[] => {
    if (value === undefined) return [];
    return [[name, Array.isArray(value) ? value.join(", ") : String(value)]];
  });
};

/** Settings of built-in experiments that other facts contain. */
const spelledOut: readonly string[] = [
  ...["model", "data", "batch", "epochs", "seed"],
  ...["optimizer", "lr", "schedule", "momentum", "nesterov", "weightDecay", "maxGradientNorm"],
];

/** Parts of an experiment in code that the outline contains. */
const ofCode: readonly string[] = [
  "name",
  "loss",
  "batch",
  "epochs",
  "seed",
  "optimizer",
  "schedule",
  "normalization",
];

/** Parts of an experiment in code whose names are those of other facts. */
const inFull: Readonly<Record<string, string>> = {
  quantization: "rules",
  layers: "layers in order",
  network: "parameters by path",
};

const ofFile: readonly string[] = ["experiment", "batch", "epochs", "seed"];

/** Facts that only a kind of experiment has: what it is called, and settings, options or parts that are in no outline. */
const ownFacts = (
  { from, settings }: Identity,
  known: KnownOutline,
): { readonly first: readonly Fact[]; readonly others: readonly Fact[] } => {
  const others = (covered: readonly string[]): readonly Fact[] =>
    Object.entries(settings)
      .filter(([name]) => !covered.includes(name))
      .filter(
        ([name]) =>
          known.quantization === undefined || !(quantizationNames as readonly string[]).includes(name),
      )
      .filter(([name, value]) => from !== "settings" || text(value) !== text(standard[name] ?? ""))
      .map(([name, value]): Fact => [from === "settings" ? words(name) : name, text(value)])
      .filter(([, value]) => !nothing.includes(value));
  const name = givenName(known);
  const named: readonly Fact[] = name === undefined ? [] : [["name", name]];
  switch (from) {
    case "settings":
      return {
        first: [
          ["experiment", "built in"],
          ["network", text(settings.model)],
        ],
        others: others(spelledOut),
      };
    case "file":
      return { first: [["experiment", text(settings.experiment)], ...named], others: others(ofFile) };
    case "code":
      return {
        first: [["experiment", "from code"], ...named],
        others: others(ofCode).map(([part, value]) => [inFull[part] ?? part, value]),
      };
  }
};

/**
 * Facts about a saved run: what it is, then its data, host and versions.
 *
 * @param sites its recorded sites, which tell how a run of an earlier version was quantized
 */
export const factsOfRun = (
  run: SavedFacts & { readonly provenance: Provenance },
  sites: readonly SiteFactsView[],
): readonly Fact[] => {
  const { identity, provenance } = run;
  const { data, numerics, files } = identity;
  const saved = knownOutline(run);
  const quantization = saved.quantization ?? recordedQuantization(sites);
  const known: KnownOutline = { ...saved, ...(quantization && { quantization }) };
  const { first, others } = ownFacts(identity, known);
  const shared = outlineFacts(known, data);
  const taken = new Set(shared.map(([name]) => name));
  return [
    ...first,
    ...shared,
    ...others.flatMap(([name, value]): readonly Fact[] => {
      if (!taken.has(name)) return [[name, value]];
      return identity.from === "settings" ? [] : [[`option ${name}`, value]];
    }),
    ["data sha256", data.sha256],
    ...files.map(({ name, contents }): Fact => [`file ${name}`, contents["."] ?? ""]),
    ["numerics", String(numerics)],
    ["version", provenance.version],
    ["begun", provenance.date],
    ["host", provenance.host],
  ];
};

/** Facts about a run that writes nothing, from its first event. */
export const factsOfStart = (start: StartEvent): readonly Fact[] => {
  const { experiment, trainImages: train, testImages: test } = start;
  return [["experiment", experiment], ...outlineFacts(start, { train, test })];
};

/** Facts about an imported (third-party) recording. */
export const factsOfImport = ({ format, rows, sites, made, by, files = [] }: ImportInfo): readonly Fact[] => [
  ["format", format],
  ["rows", String(rows)],
  ["sites", String(sites)],
  ...(by === undefined ? [] : [["imported by", by] as const]),
  ...(made === undefined ? [] : [["imported", made] as const]),
  ...files.flatMap(({ name, bytes, sha256 }): readonly Fact[] => [
    ["file", `${name}, ${bytes} bytes`],
    [`sha256 of ${name}`, sha256],
  ]),
];

/** The process that works on the run in a directory, if there is one. */
export const factsOfHolder = (dir: string): readonly Fact[] => {
  const holder = holderOf(homeOf(dir) ?? dir);
  return holder ? [["going on in", holderText(holder)]] : [];
};
