/**
 * @file The parameters of a run: every value that training changes or a checkpoint must keep, by path.
 *
 * They are the only state of a run that is changed in place: the optimizer writes the values, normalizations their statistics.
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

/** A store of parameters, by path. */
export interface Parameters {
  /** Creates a parameter and fills it; throws if the path is taken. */
  readonly create: <K extends Parameter["kind"]>(
    path: string,
    kind: K,
    shape: Shape,
    fill: (value: Float32Array) => void,
    learning?: Learning,
  ) => ParameterOf<K>;
  /** The parameter at a path, if there is one. */
  readonly find: (path: string) => Parameter | undefined;
  /** All parameters, in the order of their creation. */
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

/** Whether an engine may keep the elements of such parameters on a device. */
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

/** A store of parameters whose tensors are made by a function. */
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

/** An empty store that allocates its tensors with an engine. */
export const parameterStore = (engine: Allocating): Parameters =>
  storeOf((kind, shape, fill) => {
    if (isResident(kind)) return engine.allocateResident(shape, fill);
    const value = engine.allocate(shape);
    fill(elements(value));
    return value;
  });

/**
 * A store for planning: its parameters have shapes but no elements, so the size of a network is known before anything is allocated.
 * Nothing reads elements before the first batch.
 */
export const plannedParameters = (): Parameters =>
  storeOf((_kind, shape) => inMemory(deviceTensor(new Float32Array(0), shape)));

/** A view of a store for a second network: it shares weights and biases, and creates everything else for itself, below `own`. */
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

/** A parameter of any kind with its elements in memory. */
export type ReadParameter = Parameter & { readonly value: HostTensor };

/** All parameters with their elements in memory. */
export const readAll = (engine: Engine, parameters: Parameters): Eventual<readonly ReadParameter[]> =>
  all(parameters.list().map((one) => after(engine.read(one.value), (value) => ({ ...one, value }))));

/** The first parameter that contains NaN or infinity. */
export const nonFiniteOf = (parameters: readonly ReadParameter[]): ReadParameter | undefined =>
  parameters.find(({ value }) => !elements(value).every(Number.isFinite));

/** Whether an optimizer trains the parameter. */
export const isTrained = ({ kind }: Parameter): boolean =>
  kind === "weight" || kind === "bias" || kind === "normalization" || kind === "quantizer";
