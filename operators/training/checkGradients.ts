/**
 * @file Gradient check: compares the backward pass of a layer, an activation or a loss of your own with its forward
 *   pass.
 */
import { Subject } from "rxjs";
import { cos } from "../../core/elementary/cos.ts";
import type { Engine } from "../../core/engine.ts";
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import { knownOptions, type OptionNames } from "../../core/knownOptions.ts";
import { key, permutation } from "../../core/random.ts";
import type { Activation, Parameter, Signal } from "../../core/signal.ts";
import type { Target } from "../../core/target.ts";
import { elements, type Shape, shapeText, sizeOf } from "../../core/tensor.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";
import { type Batch, beginStep, build, scopeFor } from "../module/build.ts";
import type { Module } from "../module/module.ts";
import { isTrained } from "../module/parameters.ts";
import { openTape } from "../step/tape.ts";
import { drive, type Task, wait } from "../step/task.ts";

/** Options of `checkGradients`. */
export interface CheckGradientsOptions {
  /** A synchronous engine; `reference()` is recommended. */
  readonly engine: Engine;
  /** [H, W, C] of one sample. */
  readonly shape: Shape;
  /** Number of samples in the batch. Default: 3. */
  readonly samples?: number;
  /**
   * Input of all samples, in memory order. Default: numbers at least 1/8 apart from each other and 1/16 from 0, in
   * shuffled order, as many as needed.
   */
  readonly x?: Float32Array;
  /** Target of a loss. Default: class 0 for each sample. */
  readonly target?: Target;
  /**
   * Half the distance between the two points of a central difference. A power of two is exact in float32. Default:
   * 1/64.
   */
  readonly epsilon?: number;
  /** Largest error that is accepted, as a fraction of the largest slope in the same tensor. Default: 0.002. */
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

/** Agreement of one gradient with finite differences. */
export interface CheckedGradient {
  /** `x`, or the path of a parameter. */
  readonly of: string;
  /** Largest error, as a fraction of the largest slope in the tensor. */
  readonly error: number;
}

/** Numbers that avoid the kinks of common layers: none near 0 or 6, and no two equal. */
const spread = (count: number): Float32Array =>
  Float32Array.from(permutation(key(5), count), (place) => (place - Math.floor(count / 2)) / 8 + 1 / 16);

/** Weights of the outputs in the sum that is differentiated: all different up to 100,000 of them, and of both signs. */
const weightsOf = (shape: Shape): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => cos(1 + (i % 100_000)) + (i % 2 === 0 ? 0.5 : -0.5));

/** Finite-difference slopes of a function, one argument at a time; each argument is restored. */
const slopes = (values: Float32Array, epsilon: number, f: () => number): Float64Array =>
  Float64Array.from(values, (value, i) => {
    values[i] = value + epsilon;
    const [above, right] = [f(), values[i] as number];
    values[i] = value - epsilon;
    const [below, left] = [f(), values[i] as number];
    values[i] = value;
    return (above - below) / (right - left);
  });

/** Index and error of the worst element; the error is a fraction of the largest slope, and differences up to `noise` are none. */
const worst = (
  found: Float32Array,
  expected: Float64Array,
  noise: number,
): readonly [place: number, error: number] => {
  const largest = Math.max(1e-3, ...expected.map(Math.abs));
  const errors = [...expected].map((slope, i) => {
    const difference = Math.abs((found[i] as number) - slope);
    if (Number.isNaN(difference)) return Number.POSITIVE_INFINITY;
    return difference <= noise ? 0 : difference / largest;
  });
  const error = Math.max(0, ...errors);
  return [errors.indexOf(error), error];
};

/** Reads the elements of an expression. */
const numbersOf = (engine: Engine, expr: Expr): Float32Array => {
  function* values(): Task<Float32Array> {
    const stored = yield* openTape(engine, false).store(expr);
    return elements(yield* wait(engine.read(stored))).slice();
  }
  return expectSync(drive(values()));
};

/** A module in training mode and float32 that runs one batch again and again. */
interface OneBatch {
  /** Runs the batch; the gradient of its input goes to `end`. */
  readonly pass: (end?: (dx: Expr) => void) => Activation;
  /** Trained parameters. */
  readonly parameters: () => readonly Parameter[];
  readonly close: () => void;
}

const oneBatch = (
  module: Module,
  { engine, x, target, shape }: { readonly engine: Engine } & Batch,
): OneBatch => {
  const inFloat32 = { name: "currentMinMax", estimator: currentMinMax() };
  const scope = scopeFor({
    engine,
    shape: shape.slice(1),
    quantizer: (_, role) => quantizerFor(role, 32, inFloat32),
  });
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
  return {
    pass: (end = () => {}) => {
      out = undefined;
      in$.next({
        ...beginStep(engine, { x: x.slice(), target, shape }, { step: 0, training: true }),
        pullback: end,
      });
      if (failure) throw failure.error;
      if (out === undefined)
        throw new RangeflowFailure(
          problem("checkGradients", "a module without an output", "an activation for each batch"),
        );
      return out;
    },
    parameters: () => scope.parameters.list().filter(isTrained),
    close: () => subscription.unsubscribe(),
  };
};

/** Gradients of the weighted sum of all outputs, by parameter, and that of the input as `x`. */
const backwardPass = (engine: Engine, { pass }: OneBatch): ReadonlyMap<string, Float32Array> => {
  const gradients = new Map<string, Float32Array>();
  const { x, pullback } = pass((dx) => void gradients.set("x", numbersOf(engine, dx)));
  const dy = ofTensor(engine.upload(weightsOf([sizeOf(x.shape)]), x.shape));
  pullback(dy, (signal) => {
    const now = expectSync(signal);
    if (now?._tag === "ParameterGradient")
      gradients.set(now.parameter.path, numbersOf(engine, ofTensor(now.gradient)));
  });
  return gradients;
};

/**
 * Compares a backward pass with central finite differences, as `torch.autograd.gradcheck` does: for a layer, an
 * activation, a loss or a whole network, in training mode and float32, with respect to the input and every trained
 * parameter. The function that is differentiated is a weighted sum of all outputs, accumulated in float64. What the
 * rounding of outputs can make of a slope does not count; errors below about 0.001 of the largest slope are rounding
 * inside of the module.
 *
 * There is no slope at a kink, such as that of relu at 0: keep `x` farther than `epsilon` from it. Where a module is
 * steep, as a softmax of large numbers is, take a smaller `epsilon`, such as 1/1024.
 *
 * @param module without randomness, and not an optimizer
 * @returns the largest error of each gradient
 * @throws `RangeflowFailure` listing the gradients that differ, with position and size of the error; also if the module
 *   cannot be built
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
    samples = 3,
    epsilon = 1 / 64,
    tolerance = 2e-3,
    ...given
  } = knownOptions("checkGradients", options, names);
  const shape = [samples, ...given.shape];
  const x = Float32Array.from(given.x ?? spread(sizeOf(shape)));
  const target = given.target ?? new Int32Array(samples);
  const batch = oneBatch(module, { engine, x, target, shape });
  const weightedOutputs = (): readonly number[] => {
    const y = numbersOf(engine, batch.pass().x);
    const weights = weightsOf([y.length]);
    return Array.from(y, (value, i) => value * (weights[i] as number));
  };
  const weightedSum = (): number => weightedOutputs().reduce((sum, value) => sum + value, 0);
  try {
    // Each output is rounded to float32, perhaps after a few more roundings.
    const noise = (4 * 2 ** -24 * Math.sqrt(weightedOutputs().reduce((sum, y) => sum + y * y, 0))) / epsilon;
    const gradients = backwardPass(engine, batch);
    const variables = [
      { of: "x", values: x, shape },
      ...batch.parameters().map(({ path, value }) => ({
        of: path,
        values: elements(expectSync(engine.read(value))),
        shape: value.shape,
      })),
    ];
    const problems: Problem[] = [];
    const checked = variables.map(({ of, values, shape }): CheckedGradient => {
      const expected = slopes(values, epsilon, weightedSum);
      const found = gradients.get(of) ?? new Float32Array(values.length).fill(Number.NaN);
      const [place, error] = worst(found, expected, noise);
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
    batch.close();
  }
};
