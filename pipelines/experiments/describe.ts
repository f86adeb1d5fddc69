/** @file What can be known of an experiment that was made in code: plain values, by which its runs are told apart. */
import { createHash } from "node:crypto";
import { nameOf } from "../../core/named.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Note } from "../../operators/module/notes.ts";
import type { Experiment } from "./experiment.ts";

/** A value that JSON holds. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** A fingerprint of the text of functions; what they read of variables around them is no part of it. */
const sourceOf = (functions: readonly unknown[]): string =>
  createHash("sha256")
    .update([...new Set(functions.map(String))].join("\n"))
    .digest("hex")
    .slice(0, 12);

/** A value as far as JSON holds it: functions by name and text. */
export const plainOf = (value: unknown): Plain => {
  if (typeof value === "function") return `${nameOf(value as () => unknown)} of source ${sourceOf([value])}`;
  if (Array.isArray(value)) return value.map(plainOf);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<number>);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, part]) => part !== undefined)
        .map(([name, part]) => [name, plainOf(part)]),
    );
  return typeof value === "number" || typeof value === "boolean" || value === null ? value : String(value);
};

/** A network as it is known from outside: its parameters by path and shape. */
const networkText = (parameters: readonly Parameter[]): string =>
  parameters.map(({ path, kind, value }) => `${path} ${kind} ${value.shape.join("x")}`).join("; ");

/** The text of all functions that a network, a loss or an optimizer is made of, by what they are of. */
const sources = (notes: readonly Note[]): Readonly<Record<string, string>> => {
  const byPlace = new Map<string, unknown[]>();
  for (const note of notes)
    if (note._tag === "Functions")
      byPlace.set(note.place, [...(byPlace.get(note.place) ?? []), ...note.functions]);
  return Object.fromEntries(
    [...byPlace].map(([place, functions]) => [`source of ${place}`, sourceOf(functions)]),
  );
};

/**
 * An experiment as plain values by name.
 *
 * @param parameters of its network in float32, as far as they are planned
 * @param notes of the modules that a run trains
 * @param variant of its data, as `Dataset` has it
 */
export const describedExperiment = (
  experiment: Experiment,
  parameters: readonly Parameter[],
  notes: readonly Note[],
  variant: string | undefined,
): Readonly<Record<string, Plain>> => {
  const { network: _network, data: _data, loss, optimizer, metrics, ...rest } = experiment;
  return {
    ...(plainOf(rest) as Readonly<Record<string, Plain>>),
    ...sources(notes),
    loss: nameOf(loss),
    network: networkText(parameters),
    ...(variant !== undefined && { dataVariant: variant }),
    optimizer: optimizer.name,
    metrics: metrics.map(({ name, evaluate }) => `${name} of source ${sourceOf([evaluate])}`),
  };
};
