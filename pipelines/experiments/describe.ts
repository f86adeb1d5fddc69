/** @file What can be known of an experiment that was made in code: plain values, by which its runs are told apart. */
import { nameOf } from "../../core/named.ts";
import type { Parameter } from "../../core/signal.ts";
import type { Experiment } from "./experiment.ts";

/** A value that JSON holds. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** A value as far as JSON holds it: functions by name, which is all that is known of them. */
export const plainOf = (value: unknown): Plain => {
  if (typeof value === "function") return nameOf(value as () => unknown);
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

/**
 * An experiment as plain values by name.
 *
 * @param parameters of its network in float32, as far as they are planned
 * @param variant of its data, as `Dataset` has it
 */
export const describedExperiment = (
  experiment: Experiment,
  parameters: readonly Parameter[],
  variant: string | undefined,
): Readonly<Record<string, Plain>> => {
  const { network: _network, data: _data, optimizer, metrics, ...rest } = experiment;
  return {
    ...(plainOf(rest) as Readonly<Record<string, Plain>>),
    network: networkText(parameters),
    ...(variant !== undefined && { dataVariant: variant }),
    optimizer: optimizer.name,
    metrics: metrics.map(({ name }) => name),
  };
};
