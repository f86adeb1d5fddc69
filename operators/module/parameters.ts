/**
 * @file The parameters of a run: every value that training changes or a checkpoint must keep, by path.
 *
 * This is the one place of a run that is changed in place: the optimizer writes the values, normalizations their statistics.
 */
import type { Engine } from "../../core/engine.ts";
import { internal } from "../../core/errors.ts";
import { after, all, type Eventual } from "../../core/eventual.ts";
import type { Learning, Parameter } from "../../core/signal.ts";
import { absent, elements, type Shape, type Tensor } from "../../core/tensor.ts";

export interface Parameters {
  /** Makes a parameter and fills it; a path can be taken once. */
  readonly create: (
    path: string,
    kind: Parameter["kind"],
    shape: Shape,
    fill: (value: Float32Array) => void,
    learning?: Learning,
  ) => Parameter;
  readonly find: (path: string) => Parameter | undefined;
  /** All of them, in the order in which they were made. */
  readonly list: () => readonly Parameter[];
}

/** An empty store whose values live in what `allocate` gives. */
export const parameterStore = (allocate: (shape: Shape) => Tensor): Parameters => {
  const byPath = new Map<string, Parameter>();
  return {
    create: (path, kind, shape, fill, learning) => {
      if (byPath.has(path)) throw internal(`parameter ${path} is made twice`);
      const value = allocate(shape);
      fill(elements(value));
      const parameter: Parameter = { path, kind, value, ...(learning && { learning }) };
      byPath.set(path, parameter);
      return parameter;
    },
    find: (path) => byPath.get(path),
    list: () => [...byPath.values()],
  };
};

/** A store that makes nothing: its parameters have a shape, but no elements, so that the size of a network is known before its arrays are. */
export const plannedParameters = (): Parameters => {
  const byPath = new Map<string, Parameter>();
  return {
    create: (path, kind, shape) => {
      const parameter: Parameter = { path, kind, value: absent(new Float32Array(0), shape) };
      byPath.set(path, parameter);
      return parameter;
    },
    find: (path) => byPath.get(path),
    list: () => [...byPath.values()],
  };
};

/** A view of a store for a second network: it has the same weights and biases, and makes all else for itself below `own`. */
export const sharing = (parameters: Parameters, own: string): Parameters => {
  const made = new Map<string, Parameter>();
  return {
    create: (path, kind, shape, fill, learning) => {
      if (made.has(path)) throw internal(`parameter ${path} is shared twice`);
      const shared = kind === "weight" || kind === "bias" ? parameters.find(path) : undefined;
      const parameter = shared ?? parameters.create(`${own}/${path}`, kind, shape, fill, learning);
      made.set(path, parameter);
      return parameter;
    },
    find: (path) => made.get(path),
    list: parameters.list,
  };
};

/** All parameters with elements that can be looked at. */
export const readAll = (engine: Engine, parameters: Parameters): Eventual<readonly Parameter[]> =>
  all(parameters.list().map((one) => after(engine.read(one.value), (value) => ({ ...one, value }))));

/** The first of parameters that have been read that holds NaN or infinity. */
export const nonFiniteOf = (parameters: readonly Parameter[]): Parameter | undefined =>
  parameters.find(({ value }) => !elements(value).every(Number.isFinite));

export const isTrained = ({ kind }: Parameter): boolean =>
  kind === "weight" || kind === "bias" || kind === "normalization" || kind === "quantizer";
