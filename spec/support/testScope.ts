/** @file A scope to build modules in, a way to run them step by step, and words for what came out. */

import * as E from "fp-ts/lib/Either.js";
import { type Observable, Subject } from "rxjs";
import { reference } from "../../core/engines/reference/engine.ts";
import { describe } from "../../core/errors.ts";
import { expectSync } from "../../core/eventual.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { PassResult } from "../../core/pass.ts";
import type { Activation, Metric, ParameterGradient, RangeSeen, Role, Signal } from "../../core/signal.ts";
import type { Tensor } from "../../core/tensor.ts";
import { scopeFor } from "../../operators/module/build.ts";
import type { Layer } from "../../operators/module/layer.ts";
import type { Built, Module, Scope } from "../../operators/module/module.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { type Quantizer, quantizerFor } from "../../quantizers/quantizer.ts";
import { elements } from "./elements.ts";

/** Quantizer of a site: the defaults of its role with an estimator called `estimator`, and what is said otherwise. */
export const quantizing =
  (estimator: RangeEstimator, options: Partial<Quantizer> = {}) =>
  (_site: string, role: Role): Quantizer => ({
    ...quantizerFor(role, 8, { name: "myEstimator", estimator }),
    ...options,
  });

/** Scope setting in which nothing is quantized. */
export const inFloat32 = quantizing(currentMinMax(), { bits: 32 });

/** A scope on the reference engine; nothing is quantized in it unless the overrides say so. */
export const testScope = ({ engine = reference(), ...overrides }: Partial<Scope> = {}): Scope =>
  scopeFor({
    shape: [1, 1, 1],
    quantizer: inFloat32,
    patience: (answer$) => answer$,
    ...overrides,
    engine,
  });

/** The module built in a scope; throws what is wrong with it. */
export const built = (module: Module, scope: Scope): Built => {
  const found = module(scope);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  return found.right;
};

/** The sentences with which a module refuses a scope. */
export const refusals = (module: Module, scope: Scope): readonly string[] => {
  const found = module(scope);
  return E.isLeft(found) ? found.left.map(describe) : [];
};

/** One batch; its gradient goes nowhere unless there is a pullback. */
export const batch = (x: Tensor, options: Partial<Activation> = {}): Activation => ({
  _tag: "Activation",
  step: 0,
  training: true,
  x: ofTensor(x),
  target: new Int32Array(x.shape[0] as number),
  pullback: () => {},
  ...options,
});

/** A layer that is subscribed once and then run batch by batch; throws what the layer fails with. */
export const opened = (layer: Layer): ((activation: Activation) => readonly Signal[]) => {
  const in$ = new Subject<Signal>();
  let signals: Signal[] = [];
  let failure: { readonly error: unknown } | undefined;
  layer(in$).subscribe({
    next: (signal) => signals.push(signal),
    error: (error: unknown) => {
      failure = { error };
    },
  });
  return (activation) => {
    signals = [];
    in$.next(activation);
    if (failure) throw failure.error;
    return signals;
  };
};

/** Everything that a stream emits before its subscription returns; throws what it fails with. */
export const collected = (signals$: Observable<Signal>): readonly Signal[] => {
  const signals: Signal[] = [];
  let failure: { readonly error: unknown } | undefined;
  signals$.subscribe({
    next: (signal) => signals.push(signal),
    error: (error: unknown) => {
      failure = { error };
    },
  });
  if (failure) throw (failure as { readonly error: unknown }).error;
  return signals;
};

/** Everything that a gradient has an activation emit on its way back, on an engine that answers at once. */
export const pulledBack = ({ pullback }: Activation, dy: Tensor): readonly Signal[] => {
  const signals: Signal[] = [];
  pullback(ofTensor(dy), (signal) => {
    const there = expectSync(signal);
    if (there) signals.push(there);
  });
  return signals;
};

type Tagged<T extends Signal["_tag"]> = Extract<Signal, { readonly _tag: T }>;

export const only =
  <T extends Signal["_tag"]>(tag: T) =>
  (signals: readonly Signal[]): readonly Tagged<T>[] =>
    signals.filter((signal): signal is Tagged<T> => signal._tag === tag);

export const seenOf: (signals: readonly Signal[]) => readonly RangeSeen[] = only("RangeSeen");
export const metricsOf: (signals: readonly Signal[]) => readonly Metric[] = only("Metric");
export const gradientsOf: (signals: readonly Signal[]) => readonly ParameterGradient[] =
  only("ParameterGradient");

/** The activation that ends a step. */
export const outcome = (signals: readonly Signal[]): Activation => {
  const last = only("Activation")(signals).at(-1);
  if (!last) throw new Error("no activation came out");
  return last;
};

/** The numbers of an expression, computed by the reference. */
export const numbers = (x: Expr): Float32Array =>
  elements((reference().run(x, { store: true }) as Required<PassResult>).stored);

/** The codes of an expression that is nothing but codes. */
export const codesIn = ({ source, stages }: Expr): Int8Array => {
  if (source._tag !== "Codes" || stages.length > 0) throw new Error("the tensor is not just codes");
  return elements(source.q.codes);
};
