/** @file Description of an experiment that was made in code: plain values that tell its runs apart. */
import { createHash, type Hash } from "node:crypto";
import { allOf } from "../../core/madeOf.ts";
import { type Callable, nameOf } from "../../core/named.ts";
import { type Plain, plainText } from "../../core/plain.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Functions, LayerNote, Note } from "../../operators/module/notes.ts";
import type { Dataset } from "../data/dataset.ts";
import type { Experiment } from "./experiment.ts";
import { isOfPackage } from "./packageFunctions.ts";
import { probedRules } from "./probedRules.ts";

const shortOf = (hash: Hash): string => hash.digest("hex").slice(0, 12);

/** Prefixes of entries about functions: their source text, and the values that they return for fixed arguments. */
export const sourcesOf = "source of ";
export const valuesOf = "values of ";

/** Fingerprint of the source text of user-defined functions, if there are any. Variables that they capture are not part of it. */
const sourceOf = (functions: readonly Callable[]): string | undefined => {
  const all = functions.flatMap(allOf);
  const texts = [...new Set(all.filter((f) => !isOfPackage(f)).map(String))];
  return texts.length > 0 ? shortOf(createHash("sha256").update(texts.join("\n"))) : undefined;
};

/** A name, with the source text of user-defined functions behind it. */
const withSource = (name: string, functions: readonly Callable[]): string => {
  const source = sourceOf(functions);
  return source === undefined ? name : `${name} of source ${source}`;
};

/** Fingerprint of values; numbers are taken as float32. */
const fingerprint = (values: Iterable<unknown>): string => {
  const hash = createHash("sha256");
  for (const value of values)
    if (value instanceof Float32Array) hash.update(value);
    else hash.update(`${typeof value === "number" ? Math.fround(value) : String(value)}\n`);
  return shortOf(hash);
};

/** A value as JSON can hold it: functions by name, and by source text unless they belong to this package. */
const plainOf = (value: unknown): Plain => {
  if (typeof value === "function") return withSource(nameOf(value as Callable), [value as Callable]);
  if (Array.isArray(value)) return value.map(plainOf);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>, plainOf);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => [name, plainOf(part)]),
    );
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  return typeof value === "boolean" || value === null ? value : String(value);
};

/** Parameters of a network, by path and shape. */
const parameterText = (parameters: readonly Parameter[]): string =>
  parameters.map(({ path, kind, value }) => `${path} ${kind} ${value.shape.join("x")}`).join("; ");

/** A layer as one line, followed by the layers inside it, indented. */
const linesOf = (layers: readonly LayerNote[], indent = ""): readonly string[] =>
  layers.flatMap(({ path, kind, options, make, within }) => {
    const name = kind ?? withSource("layer", [make]);
    const fields = plainText(options ?? {});
    const place = path === "" ? "" : `${path} `;
    return [
      `${indent}${place}${name}${fields === "{}" ? "" : ` ${fields}`}`,
      ...linesOf(within, `${indent}  `),
    ];
  });

/** Layers and all layers inside them. */
const flat = (layers: readonly LayerNote[]): readonly LayerNote[] =>
  layers.flatMap((layer) => [layer, ...flat(layer.within)]);

/** Layers of a network as lines, and the source text of user-defined ones. */
const layerLines = (layers: readonly LayerNote[]): readonly string[] => {
  const source = sourceOf(flat(layers).map(({ make }) => make));
  return [...linesOf(layers), ...(source === undefined ? [] : [`source ${source}`])];
};

/** Functions by the place where they are used, in order. */
const byPlace = (notes: readonly Functions[]): ReadonlyMap<string, readonly Functions[]> => {
  const places = new Map<string, Functions[]>();
  for (const note of notes) places.set(note.place, [...(places.get(note.place) ?? []), note]);
  return places;
};

/** Source text and probed values of the functions in a network, a loss or an optimizer, by place. */
const fingerprints = (notes: readonly Functions[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...byPlace(notes)].flatMap(([place, all]) => {
      const functions = all.flatMap(({ functions }) => functions);
      const probes = all.flatMap(({ probe }) => (probe ? [probe] : []));
      const values = (): string => fingerprint(probes.flatMap((probe) => [...probe()]));
      const source = sourceOf(functions);
      return [
        ...(source === undefined ? [] : [[`${sourcesOf}${place}`, source]]),
        ...(probes.length > 0 ? [[`${valuesOf}${place}`, values()]] : []),
      ];
    }),
  );

/** Rules of parts of a network, as plain values and by what they compute; nothing if there are none. */
const rulesOf = (notes: readonly Note[]): Readonly<Record<string, Plain>> => {
  const rules = notes.flatMap((note) => (note._tag === "Rules" ? [note.rules] : []));
  if (rules.length === 0) return {};
  return {
    networkRules: plainOf(rules),
    [`${valuesOf}the rules of networks`]: fingerprint(probedRules(rules.flat())),
  };
};

/**
 * An experiment as plain values by name.
 *
 * @param parameters planned parameters of its network in float32
 * @param notes notes of the modules that a run trains
 */
export const describedExperiment = (
  experiment: Experiment,
  parameters: readonly Parameter[],
  notes: readonly Note[],
  { variant, normalization }: Pick<Dataset, "variant" | "normalization">,
): Readonly<Record<string, Plain>> => {
  const { network: _network, data: _data, loss, optimizer, metrics, ...rest } = experiment;
  const layers = notes.filter((note) => note._tag === "Layer");
  return {
    ...(plainOf(rest) as Readonly<Record<string, Plain>>),
    ...fingerprints(notes.filter((note) => note._tag === "Functions")),
    [`${valuesOf}estimators and quantizers`]: fingerprint(probedRules(experiment.quantization)),
    ...rulesOf(notes),
    layers: layerLines(layers),
    loss: nameOf(loss),
    network: parameterText(parameters),
    ...(normalization && { normalization: plainOf(normalization) }),
    ...(variant !== undefined && { dataVariant: variant }),
    optimizer: optimizer.name,
    metrics: metrics.map(({ name }) => name),
  };
};
