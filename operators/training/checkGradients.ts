/** @file A backward pass, checked against what the forward pass does: for layers, activations and losses of your own. */
import { Subject } from "rxjs";
import type { Engine } from "../../core/engine.ts";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { key, permutation } from "../../core/random.ts";
import type { Activation, Signal } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import { elements, type Shape, shapeText, sizeOf } from "../../core/tensor.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";
import { beginStep, build, scopeFor } from "../module/build.ts";
import type { Module } from "../module/module.ts";
import { isTrained } from "../module/parameters.ts";
import { openTape } from "../step/tape.ts";
import { drive, type Task, wait } from "../step/task.ts";

/** Options of a check of gradients. */
export interface CheckGradientsOptions {
  /** Engine that answers at once; `reference()` is the one to trust. */
  readonly engine: Engine;
  /** [H, W, C] of one sample. */
  readonly shape: Shape;
  /** Samples in the batch; 3 where missing. */
  readonly samples?: number;
  /** Input of all samples. Where missing, numbers that differ by at least 1/8, and from 0 by 1/16, as far as they are needed. */
  readonly x?: Float32Array;
  /** Target of a loss; class 0 for each sample where missing. */
  readonly target?: Target;
  /** Half the distance of the two points of a difference; 1/64 where missing. A power of two, so that float32 takes it exactly. */
  readonly epsilon?: number;
  /** Largest error that is taken, as a share of the largest slope of the same tensor; 0.002 where missing. */
  readonly tolerance?: number;
}

const names: OptionNames<CheckGradientsOptions> = {
  engine: true,
  shape: true,
  samples: true,
  x: true,
  target: true,
  epsilon: true,
  tolerance: true,
};

/** How well a gradient agrees with finite differences. */
export interface CheckedGradient {
  /** `x`, or the path of a parameter. */
  readonly of: string;
  /** Largest error, as a share of the largest slope. */
  readonly error: number;
}

/** Numbers without kinks of the usual layers between them: none near 0 or 6, and no two alike. */
const spread = (count: number): Float32Array =>
  Float32Array.from(permutation(key(5), count), (place) => (place - Math.floor(count / 2)) / 8 + 1 / 16);

/** Weights of the outputs in what is differentiated: no two alike, and of both signs. */
const weightsOf = (shape: Shape): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.cos(1 + i) + (i % 2 === 0 ? 0.5 : -0.5));

/** Slopes of a function by its arguments, which are changed one at a time and set back. */
const slopes = (values: Float32Array, epsilon: number, f: () => number): Float64Array =>
  Float64Array.from(values, (value, i) => {
    values[i] = value + epsilon;
    const [above, right] = [f(), values[i] as number];
    values[i] = value - epsilon;
    const [below, left] = [f(), values[i] as number];
    values[i] = value;
    return (above - below) / (right - left);
  });

/** The element that is farthest from its slope, as a share of the largest slope. */
const worst = (found: Float32Array, expected: Float64Array): readonly [place: number, error: number] => {
  const largest = Math.max(1e-3, ...expected.map(Math.abs));
  const errors = [...expected].map((slope, i) => {
    const error = Math.abs((found[i] as number) - slope) / largest;
    return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  });
  const error = Math.max(0, ...errors);
  return [errors.indexOf(error), error];
};

/**
 * Checks a backward pass against finite differences, as `torch.autograd.gradcheck` does: of a layer, an activation, a loss or a whole network, in
 * training mode and in float32, for the input and for every trained parameter. What is differentiated is a weighted sum of all
 * outputs, added up in float64, with central differences; an error below about 0.001 of the largest slope cannot be told from rounding.
 *
 * At a kink, such as that of relu at 0, there is no slope: keep `x` away from it by more than `epsilon`.
 *
 * @param module a module without randomness; an optimizer is none
 * @returns the largest error of each gradient
 * @throws `RangeflowFailure` that says which gradients differ, where, and by how much; and for what cannot be built
 * @example
 * const squared = activation("squared", (x) => x * x, (x) => 2 * x);
 * checkGradients(squared, { engine: reference(), shape: [2, 2, 3] }).map(({ of }) => of); // ["x"]
 */
export const checkGradients = (
  module: Module,
  options: CheckGradientsOptions,
): readonly CheckedGradient[] => {
  const {
    engine,
    shape,
    samples = 3,
    epsilon = 1 / 64,
    tolerance = 2e-3,
    ...given
  } = knownOptions("checkGradients", options, names);
  const batchShape = [samples, ...shape];
  const x = Float32Array.from(given.x ?? spread(sizeOf(batchShape)));
  const target = given.target ?? new Int32Array(samples);
  const inFloat32 = { name: "currentMinMax", estimator: currentMinMax() };
  const scope = scopeFor({ engine, shape, quantizer: (_, role) => quantizerFor(role, 32, inFloat32) });
  const in$ = new Subject<Signal>();
  let out: Activation | undefined;
  let failure: { readonly error: unknown } | undefined;
  const subscription = build(module, scope)
    .layer(in$)
    .subscribe({
      next: (signal) => {
        if (signal._tag === "Activation") out = signal;
      },
      error: (error: unknown) => {
        failure = { error };
      },
    });

  function* valuesOf(expr: Expr): Task<Float32Array> {
    const stored = yield* openTape(engine, false).store(expr);
    return elements(yield* wait(engine.read(stored))).slice();
  }
  const numbers = (expr: Expr): Float32Array => expectSync(drive(valuesOf(expr)));

  /** A step; the gradient of its input goes to `end`. */
  const passed = (end: (dx: Expr) => void = () => {}): Activation => {
    out = undefined;
    const batch = beginStep(engine, { x: x.slice(), target, shape: batchShape }, { step: 0, training: true });
    in$.next({ ...batch, pullback: end });
    if (failure) throw failure.error;
    if (out === undefined)
      throw new RangeflowFailure(
        problem("checkGradients", "a module without an output", "an activation for each batch"),
      );
    return out;
  };
  const lossOf = (): number => {
    const y = numbers(passed().x);
    const weights = weightsOf([y.length]);
    return y.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
  };

  try {
    const gradients = new Map<string, Float32Array>();
    const forward = passed((dx) => void gradients.set("x", numbers(dx)));
    const outShape = forward.x.shape;
    const dy = ofTensor(engine.upload(weightsOf([sizeOf(outShape)]), outShape));
    forward.pullback(dy, (signal) => {
      const now = expectSync(signal);
      if (now?._tag === "ParameterGradient")
        gradients.set(now.parameter.path, numbers(ofTensor(now.gradient)));
    });
    const arguments_ = [
      { of: "x", values: x, shape: batchShape },
      ...scope.parameters
        .list()
        .filter(isTrained)
        .map(({ path, value }) => ({
          of: path,
          values: elements(expectSync(engine.read(value))),
          shape: value.shape,
        })),
    ];
    const problems: Problem[] = [];
    const checked = arguments_.map(({ of, values, shape }): CheckedGradient => {
      const expected = slopes(values, epsilon, lossOf);
      const found = gradients.get(of) ?? new Float32Array(values.length).fill(Number.NaN);
      const [place, error] = worst(found, expected);
      if (error > tolerance)
        problems.push(
          problem(
            `checkGradients, gradient of ${of}`,
            `${found[place]} at element ${place} of ${shapeText(shape)}`,
            `about ${(expected[place] as number).toPrecision(4)}, as finite differences are`,
            `off by ${error.toPrecision(2)} of the largest slope, where ${tolerance} is allowed`,
          ),
        );
      return { of, error };
    });
    if (problems.length > 0) throw new RangeflowFailure(...problems);
    return checked;
  } finally {
    subscription.unsubscribe();
  }
};
