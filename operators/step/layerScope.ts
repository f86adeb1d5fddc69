/** @file The scope of a layer: it has the layer's path, and collects the layer's trained parameters. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { isPositiveInteger } from "../../core/shape.ts";
import type { Parameter, ParameterOf } from "../../core/signal.ts";
import { type Shape, shapeText } from "../../core/tensor.ts";
import { joined, type Scope } from "../module/module.ts";
import { isTrained } from "../module/parameters.ts";

/** Scope for the author of a layer; `path` is the layer's own. */
export interface LayerScope extends Scope {
  /** Creates a parameter of the layer, `${path}/${name}`. If it is trained, `backward` must return its gradient. */
  readonly parameter: <K extends Parameter["kind"]>(
    name: string,
    kind: K,
    shape: Shape,
    fill: (value: Float32Array) => void,
  ) => ParameterOf<K>;
}

const unnamed = (path: string, parameter: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      path === "" ? "network" : path,
      `a layer without a name that has the parameter ${parameter}`,
      "a name for every layer with parameters",
      "give it one as its first argument",
    ),
  );

const shapeless = (path: string, parameter: string, shape: Shape): RangeflowFailure =>
  new RangeflowFailure(
    problem(path, `the parameter ${parameter} of ${shapeText(shape)}`, "a shape of positive integers"),
  );

const takenTwice = (path: string): RangeflowFailure =>
  new RangeflowFailure(problem(path, "a second layer of this name", "a unique name for every layer"));

/**
 * Makes the scope of a layer from that of its network.
 *
 * @param name of the layer; empty for a layer without parameters
 * @param trained receives the trained parameters of the layer itself, not those of its sites and inner layers
 */
export const layerScope = (outer: Scope, name: string, trained: Parameter[]): LayerScope => {
  const { parameters } = outer;
  const path = name === "" ? outer.path : joined(outer.path, name);
  const isItsOwn = (place: string): boolean =>
    name !== "" && place.startsWith(`${path}/`) && !place.slice(path.length + 1).includes("/");
  const create: Scope["parameters"]["create"] = (place, kind, ...how) => {
    const parameter = parameters.create(place, kind, ...how);
    if (isTrained(parameter) && isItsOwn(place)) trained.push(parameter);
    return parameter;
  };
  return {
    ...outer,
    path,
    parameters: { ...parameters, create },
    parameter: (parameter, ...how) => {
      if (name === "") throw unnamed(path, parameter);
      const [, shape] = how;
      if (!shape.every(isPositiveInteger)) throw shapeless(path, parameter, shape);
      const place = joined(path, parameter);
      if (parameters.find(place)) throw takenTwice(path);
      return create(place, ...how);
    },
  };
};
