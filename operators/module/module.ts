/**
 * @file Modules: the parts of a network. A module reads its scope and returns a layer, or says why it cannot.
 *
 * Names, engine, seed, parameters and shapes reach the layers through the scope, so there is no global device, clock or seed. All
 * errors in a network are found when it is built, before the first batch.
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

/** Everything that a module is built with: path, shape, engine, seed, parameters and more. Made by `scopeFor`. */
export interface Scope {
  /** Path in the network, e.g. `layer2/conv1`; empty at the top. */
  readonly path: string;
  /** [H, W, C] of one sample of the input. */
  readonly shape: Shape;
  /** Engine that computes the network. */
  readonly engine: Engine;
  /** Source of all randomness: initial weights and rounding noise. */
  readonly seed: Key;
  /** The store in which parameters are created. */
  readonly parameters: Parameters;
  /** Claims a path that must be unique, as that of a site of activations or gradients; false if the network has claimed it before. */
  readonly claim: (site: string) => boolean;
  /** Quantizer of a site; 32 bits mean float32. */
  readonly quantizer: (site: string, role: Role) => Quantizer;
  /**
   * Quantizer of a second copy of the gradient for the parameters of a layer, at a site of its own, also with role `gradient`.
   * `undefined`: one copy for parameters and input.
   */
  readonly weightGradient: Scope["quantizer"] | undefined;
  /** Past of a site in the run that is resumed: observed statistics and used ranges. */
  readonly history: (site: string) => readonly Recorded[];
  /** First range of a site, known before its first tensor. Default: the estimator's own. */
  readonly firstRange?: (site: string) => Range | undefined;
  /** Waits for a slow estimator, and fails if it takes too long. */
  readonly patience: <T>(answer$: Observable<T>) => Observable<T>;
  /** Makes calls of functions that may be user code, so that one that does not return can be reported. */
  readonly watch: Watch;
  /** Called for every convolution that is built, so that its cost can be computed without running it. */
  readonly announce: (convolution: Convolution) => void;
  /** Receives notes of modules about themselves, e.g. the metrics of a loss; some of them more than once. */
  readonly note: (note: Note) => void;
  /** Hooks of methods around layers and sites, e.g. a constraint or a measuring tap. */
  readonly hooks: readonly Hook[];
}

/**
 * Makes a call, and knows about it while it lasts.
 *
 * @param place the function that is called, and where
 */
export type Watch = (place: string) => <T>(step: number, call: () => T) => T;

/** A tensor that a site observed, as recorded. */
export type Recorded = Pick<RangeSeen, "site" | "step" | "stat" | "range" | "isStatic">;

/** A convolution (or dense layer) of a network, with [H, W, C] of a sample before and after it. */
export interface Convolution {
  /** Path of the layer. */
  readonly path: string;
  /** Kernel, stride, padding, channels and groups. */
  readonly conv: ConvShape;
  readonly inShape: Shape;
  readonly outShape: Shape;
}

/** Why a batch is refused, found before anything is computed from it; `undefined` if it is accepted. */
export type Admission = (batch: Activation) => Problem | undefined;

/** A built layer: its operator, how it is opened, and [H, W, C] of one sample of its output. */
export interface Built extends Openable {
  /** [H, W, C] of one sample of the output. */
  readonly shape: Shape;
  /** Check of a batch beyond the shape of its images, e.g. of its labels. Default: none. */
  readonly admits?: Admission;
}

/**
 * A part of a network: reads a scope and returns a layer with its output shape (`Right`), or everything that prevents it from being
 * built (`Left`). `sequential` composes modules, as `torch.nn.Sequential` does.
 */
export type Module = ReaderEither<Scope, readonly RangeflowError[], Built>;

/** Whether a value is a result of a module: `Left` or `Right`. */
const isResult = (made: unknown): made is ReturnType<Module> =>
  typeof made === "object" && made !== null && "_tag" in made && ("left" in made || "right" in made);

/**
 * Builds a module in a scope. `Left` also for a value that is not a module, such as `relu` instead of `relu()`.
 *
 * @param what description of the module for errors, e.g. `module 2 of sequential`
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
      'relu() is one, relu is not; nor is quantized(conv2d) without its ("conv1", { .. })',
    ),
  ]);
};

/** Joins paths: `layer2` and `conv1` to `layer2/conv1`. */
export const joined = (path: string, name: string): string => (path === "" ? name : `${path}/${name}`);

/** The same module with its parameters and sites below `name`. */
export const under =
  (name: string, module: Module): Module =>
  (scope) => {
    scope.note({ _tag: "Functions", place: "the modules", functions: [module] });
    return module({ ...scope, path: joined(scope.path, name) });
  };
