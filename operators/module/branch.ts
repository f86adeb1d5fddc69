/** @file Layers that are run inside another one: directly where they can be opened, and else through a stream of their own. */
import { Subject } from "rxjs";
import { after, type Eventual } from "../../core/eventual.ts";
import { type Expr, staged } from "../../core/expr.ts";
import type { Activation, Emit, Signal } from "../../core/signal.ts";
import { endedEarly, isSignal, noSignal, repeated } from "./journey.ts";
import { present } from "./kept.ts";
import { type Layer, type Openable, type OpenLayer, type Step, withSites } from "./layer.ts";

/** What an operator does with one activation. */
interface Errand {
  readonly emit: Emit;
  readonly made: (activation: Activation) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * An operator, subscribed once: the signals up to the activation that it makes of one are those of that one. It has to make exactly one of
 * each; while it does, a batch that is fed is in no layer.
 */
const openStream = (layer: Layer): OpenLayer => {
  const in$ = new Subject<Signal>();
  let errand: Errand | undefined;
  let isAnswered = true;
  let isEnded = false;
  let taken = 0;
  let place = "branch";
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    errand?.failed(error);
  };
  const check = (): void => {
    if (failure) throw failure.error;
  };
  const subscription = layer(in$).subscribe({
    next: (signal) => {
      if (!isSignal(signal)) fail(noSignal(place, signal));
      else if (signal._tag !== "Activation") errand?.emit(signal);
      else if (isAnswered) fail(repeated(place));
      else {
        isAnswered = true;
        errand?.made(signal);
      }
    },
    error: fail,
    complete: () => {
      isEnded = true;
      if (!isAnswered) fail(endedEarly(place, taken - 1));
    },
  });
  return {
    run: (activation, emit) => {
      const { step, trace } = activation;
      place = trace?.place() ?? `branch, step ${step}`;
      check();
      if (isEnded) throw endedEarly(place, taken);
      taken++;
      isAnswered = false;
      let there: Activation | undefined;
      let later: ((activation: Activation) => void) | undefined;
      let reject: ((error: unknown) => void) | undefined;
      errand = {
        emit,
        made: (made) => {
          trace?.enter();
          there = made;
          later?.(made);
        },
        failed: (error) => reject?.(error),
      };
      trace?.leave(undefined);
      in$.next(activation);
      check();
      return (
        there ??
        new Promise<Activation>((resolve, refuse) => {
          later = resolve;
          reject = refuse;
        })
      );
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};

const openBranch = ({ layer, opening }: Openable): OpenLayer => opening?.open() ?? openStream(layer);

/** One branch on one activation: where it ends, and the way back to its beginning. */
export interface Passage {
  readonly end: Activation;
  readonly back: (dy: Expr, emit: Emit) => Eventual<Expr>;
}

/** Sends an activation through a branch; the gradient that comes back out of its beginning ends there. */
export const through = (branch: OpenLayer, activation: Activation, emit: Emit): Eventual<Passage> => {
  let gradient: Expr | undefined;
  const beginning: Activation = {
    ...activation,
    pullback: (dy) => {
      gradient = dy;
    },
  };
  return after(branch.run(beginning, emit), (end) => ({
    end,
    back: (dy, emitBack) =>
      after(end.pullback(dy, emitBack), () => present(gradient, "the gradient of a branch")),
  }));
};

export const plus = (a: Expr, b: Expr): Expr => staged({ _tag: "Add", other: b })(a);

export type Branches = readonly [OpenLayer, OpenLayer];

/** A layer that sends its activation through two branches, which are open as long as it is. */
export const branching = (
  layers: readonly [Openable, Openable],
  step: (branches: Branches) => Step,
): Openable =>
  withSites(
    () => {
      const branches: Branches = [openBranch(layers[0]), openBranch(layers[1])];
      return {
        branches,
        unsubscribe: () => {
          for (const branch of branches) branch.unsubscribe();
        },
      };
    },
    ({ branches }) => step(branches),
  );
