/** @file Layers that are run inside another one: directly where they can be opened, and else through a stream of their own. */
import { Subject } from "rxjs";
import { after, type Eventual } from "../../core/eventual.ts";
import { type Lazy, staged } from "../../core/pass.ts";
import type { Activation, Emit, Signal } from "../../core/signal.ts";
import { present } from "./kept.ts";
import { type Layer, type OpenLayer, type Step, withSites } from "./layer.ts";

/** What an operator does with one activation. */
interface Errand {
  readonly emit: Emit;
  readonly made: (activation: Activation) => void;
  readonly failed: (error: unknown) => void;
}

/** An operator, subscribed once: the signals up to the activation that it makes of one are those of that one. */
const openStream = (layer: Layer): OpenLayer => {
  const in$ = new Subject<Signal>();
  let errand: Errand | undefined;
  const subscription = layer(in$).subscribe({
    next: (signal) => {
      if (signal._tag === "Activation") errand?.made(signal);
      else errand?.emit(signal);
    },
    error: (error: unknown) => errand?.failed(error),
  });
  return {
    run: (activation, emit) => {
      let there: Activation | undefined;
      let later: ((activation: Activation) => void) | undefined;
      let failure: { readonly error: unknown } | undefined;
      let fail: ((error: unknown) => void) | undefined;
      errand = {
        emit,
        made: (made) => {
          there = made;
          later?.(made);
        },
        failed: (error) => {
          failure = { error };
          fail?.(error);
        },
      };
      in$.next(activation);
      if (failure) throw failure.error;
      return (
        there ??
        new Promise<Activation>((resolve, reject) => {
          later = resolve;
          fail = reject;
        })
      );
    },
    unsubscribe: () => subscription.unsubscribe(),
  };
};

const openBranch = (layer: Layer): OpenLayer => layer.open?.() ?? openStream(layer);

/** One branch on one activation: where it ends, and the way back to its beginning. */
export interface Passage {
  readonly end: Activation;
  readonly back: (dy: Lazy, emit: Emit) => Eventual<Lazy>;
}

/** Sends an activation through a branch; the gradient that comes back out of its beginning ends there. */
export const through = (branch: OpenLayer, activation: Activation, emit: Emit): Eventual<Passage> => {
  let gradient: Lazy | undefined;
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

export const plus = (a: Lazy, b: Lazy): Lazy => staged({ _tag: "Add", other: b })(a);

export type Branches = readonly [OpenLayer, OpenLayer];

/** A layer that sends its activation through two branches, which are open as long as it is. */
export const branching = (layers: readonly [Layer, Layer], step: (branches: Branches) => Step): Layer =>
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
