/**
 * @file The parameters of a run: every value that training changes or a checkpoint must keep, by path.
 *
 * This is the one place of a run that is changed in place: the optimizer writes the values, normalizations their statistics.
 */
import type { Engine } from "../../core/engine.ts";
import { internal, problem, RangeflowFailure } from "../../core/errors.ts";
import { after, all, type Eventual } from "../../core/eventual.ts";
import type { Learning, Parameter, ParameterOf, ResidentParameter } from "../../core/signal.ts";
import {
  deviceTensor,
  elements,
  type HostTensor,
  inMemory,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
} from "../../core/tensor.ts";

export interface Parameters {
  /** Makes a parameter and fills it; a path can be taken once. */
  readonly create: <K extends Parameter["kind"]>(
    path: string,
    kind: K,
    shape: Shape,
    fill: (value: Float32Array) => void,
    learning?: Learning,
  ) => ParameterOf<K>;
  readonly find: (path: string) => Parameter | undefined;
  /** All of them, in the order in which they were made. */
  readonly list: () => readonly Parameter[];
}

/** Part of an engine that a store needs. */
export type Allocating = Pick<Engine, "allocate" | "allocateResident">;

/** Memory without an engine, for a store that no engine computes with. */
export const plainMemory: Allocating = {
  allocate: (shape) => tensor(new Float32Array(sizeOf(shape)), shape),
  allocateResident: (shape, fill) => {
    const x = tensor(new Float32Array(sizeOf(shape)), shape);
    fill(x.data);
    return x;
  },
};

/** Whether an engine may have the elements of such parameters on a device. */
const isResident = (kind: Parameter["kind"]): kind is ResidentParameter["kind"] =>
  kind === "weight" || kind === "velocity";

const takenTwice = (path: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path,
      "a second parameter of this path",
      "a unique name for every layer",
      "build each network in a scope of its own, with one optimizer at its end",
    ),
  );

/** A store of parameters whose values a function makes. */
const storeOf = (
  make: (kind: Parameter["kind"], shape: Shape, fill: (value: Float32Array) => void) => Tensor,
): Parameters => {
  const byPath = new Map<string, Parameter>();
  return {
    create: <K extends Parameter["kind"]>(
      path: string,
      kind: K,
      shape: Shape,
      fill: (value: Float32Array) => void,
      learning?: Learning,
    ) => {
      if (byPath.has(path)) throw takenTwice(path);
      const value = make(kind, shape, fill);
      const parameter = { path, kind, value, ...(learning && { learning }) } as ParameterOf<K>;
      byPath.set(path, parameter);
      return parameter;
    },
    find: (path) => byPath.get(path),
    list: () => [...byPath.values()],
  };
};

/** An empty store whose values live in what an engine allocates. */
export const parameterStore = (engine: Allocating): Parameters =>
  storeOf((kind, shape, fill) => {
    if (isResident(kind)) return engine.allocateResident(shape, fill);
    const value = engine.allocate(shape);
    fill(elements(value));
    return value;
  });

/**
 * A store that makes nothing: its parameters have a shape, but no elements, so that the size of a network is known before its arrays are.
 * Nobody looks at elements before the first batch, and a plan sees none.
 */
export const plannedParameters = (): Parameters =>
  storeOf((_kind, shape) => inMemory(deviceTensor(new Float32Array(0), shape)));

/** A view of a store for a second network: it has the same weights and biases, and makes all else for itself below `own`. */
export const sharing = (parameters: Parameters, own: string): Parameters => {
  const byPath = new Map<string, Parameter>();
  return {
    create: <K extends Parameter["kind"]>(
      path: string,
      kind: K,
      shape: Shape,
      fill: (value: Float32Array) => void,
      learning?: Learning,
    ) => {
      if (byPath.has(path)) throw internal(`parameter ${path} is shared twice`);
      const shared = kind === "weight" || kind === "bias" ? parameters.find(path) : undefined;
      const parameter = shared ?? parameters.create(`${own}/${path}`, kind, shape, fill, learning);
      byPath.set(path, parameter);
      return parameter as ParameterOf<K>;
    },
    find: (path) => byPath.get(path),
    list: parameters.list,
  };
};

/** A parameter with its elements in memory, whatever its kind. */
export type ReadParameter = Parameter & { readonly value: HostTensor };

/** All parameters with their elements in memory. */
export const readAll = (engine: Engine, parameters: Parameters): Eventual<readonly ReadParameter[]> =>
  all(parameters.list().map((one) => after(engine.read(one.value), (value) => ({ ...one, value }))));

/** The first of parameters that have been read that holds NaN or infinity. */
export const nonFiniteOf = (parameters: readonly ReadParameter[]): ReadParameter | undefined =>
  parameters.find(({ value }) => !elements(value).every(Number.isFinite));

export const isTrained = ({ kind }: Parameter): boolean =>
  kind === "weight" || kind === "bias" || kind === "normalization" || kind === "quantizer";
