/**
 * @file Modules: what a network is built from. A module reads its scope and gives a layer, or says why it cannot.
 *
 * Names, engine, seed, parameters and shapes reach the layers through the scope, so there is no global device, clock or seed.
 * Everything that can be wrong with a network is found here, before a batch flows.
 */
import * as E from "fp-ts/lib/Either.js";
import type { ReaderEither } from "fp-ts/lib/ReaderEither.js";
import type { Observable } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { type Problem, problem, type RangeflowError, valueText } from "../../core/errors.ts";
import type { Key } from "../../core/random.ts";
import type { Range } from "../../core/range.ts";
import type { ConvShape } from "../../core/shape.ts";
import type { Activation, RangeSeen, Role } from "../../core/signal.ts";
import type { Shape } from "../../core/tensor.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import type { Hook } from "./hooks.ts";
import type { Openable } from "./layer.ts";
import type { Note } from "./notes.ts";
import type { Parameters } from "./parameters.ts";

/** Context that a module is built in: path, shape, engine, seed and parameters; so nothing is global. */
export interface Scope {
  /** Place in the network, such as `layer2/conv1`; empty at the top. */
  readonly path: string;
  /** [H, W, C] of one sample of the activation that comes in. */
  readonly shape: Shape;
  readonly engine: Engine;
  readonly seed: Key;
  readonly parameters: Parameters;
  /** Takes the path of a site of activations or gradients; false if another site of the network has it already. */
  readonly claim: (site: string) => boolean;
  /** Quantizer of a site; its bits may be 32, which means: not at all. */
  readonly quantizer: (site: string, role: Role) => Quantizer;
  /**
   * Quantizer of the copy of a gradient that the parameters of a layer get, at a site of its own whose role is `gradient`, too.
   * If missing there is one copy, for the parameters and for the input.
   */
  readonly weightGradient: Scope["quantizer"] | undefined;
  /** Past of a site in the run that is resumed: what it has observed, and the ranges that its estimator has answered. */
  readonly history: (site: string) => readonly Recorded[];
  /** First range of a site, there before its first tensor in place of its estimator's own; none where missing. */
  readonly firstRange?: (site: string) => Range | undefined;
  /** Waits for a slow estimator, and fails when it takes too long. */
  readonly patience: <T>(answer$: Observable<T>) => Observable<T>;
  /** Calls functions that a user may have written, so that one who watches can tell that one of them does not come back. */
  readonly watch: Watch;
  /** Hears of every convolution that is built, so that its cost can be counted without running it. */
  readonly announce: (convolution: Convolution) => void;
  /** Hears what modules say of themselves, such as the metrics that a loss emits; some of it more than once. */
  readonly note: (note: Note) => void;
  /** Hooks that single methods put around layers and sites, such as a constraint, or a tap that measures. */
  readonly hooks: readonly Hook[];
}

/**
 * Makes a call, and knows of it while it lasts.
 *
 * @param place whose function is called, and where
 */
export type Watch = (place: string) => <T>(step: number, call: () => T) => T;

/** A tensor that a site has observed, as it was recorded. */
export type Recorded = Pick<RangeSeen, "site" | "step" | "stat" | "range" | "isStatic">;

/** A convolution (or dense layer) of a network, with the [H, W, C] of a sample before and after it. */
export interface Convolution {
  readonly path: string;
  readonly conv: ConvShape;
  readonly inShape: Shape;
  readonly outShape: Shape;
}

/** Why a batch cannot be taken, or nothing if it can; found out before anything is computed of it. */
export type Admission = (batch: Activation) => Problem | undefined;

/** A layer, how it is opened, and the [H, W, C] of one sample that comes out of it. */
export interface Built extends Openable {
  readonly shape: Shape;
  /** Demands on a batch beyond the shape of its images, such as labels of its classes; none where missing. */
  readonly admits?: Admission;
}

/** A part of a network: reads a scope, and gives a layer with the shape of what comes out, or everything that is wrong. `sequential` composes modules. */
export type Module = ReaderEither<Scope, readonly RangeflowError[], Built>;

/** Whether a module has given what modules give: something to the left or to the right. */
const isResult = (made: unknown): made is ReturnType<Module> =>
  typeof made === "object" && made !== null && "_tag" in made && ("left" in made || "right" in made);

/**
 * A module built in a scope; `Left` also where somebody has given what is no module, such as `relu` for `relu()`.
 *
 * @param what which module it is, such as `module 2 of sequential`
 */
export const buildModule = (module: Module, scope: Scope, what: string): ReturnType<Module> => {
  const made: unknown = typeof module === "function" ? module(scope) : module;
  if (isResult(made)) return made;
  const found = typeof module === "function" ? `a function that gives ${valueText(made)}` : valueText(module);
  return E.left([
    problem(
      scope.path === "" ? "network" : scope.path,
      `${what} is ${typeof made === "function" ? "a function that makes a module" : found}`,
      "a module",
      "relu() is one, relu is not",
    ),
  ]);
};

/** `layer2` and `conv1` make `layer2/conv1`. */
export const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/** The module with its parameters and sites below `name`. */
export const under =
  (name: string, module: Module): Module =>
  (scope) => {
    scope.note({ _tag: "Functions", place: "the modules", functions: [module] });
    return module({ ...scope, path: joined(scope.path, name) });
  };
