/**
 * @file Layers: operators on the stream of signals, and what they are while they are subscribed.
 *
 * A layer makes an activation of each one that comes and lets every other signal pass. Within a step nothing is a stream: a layer
 * calls the next one with the activation it has made, and `emit` with whatever else there is to say, so a signal reaches the
 * end of the network without passing through the layers behind the one that emitted it.
 */
import { Observable, type Unsubscribable } from "rxjs";
import { after, type Eventual, isPromise } from "../../core/eventual.ts";
import type { Activation, Emit, Signal } from "../../core/signal.ts";

/** Makes an activation of another one; at once if the engine and the estimators answer at once. */
export type Step = (activation: Activation, emit: Emit) => Eventual<Activation>;

/** A layer that is open: its sites keep their state from step to step, until it is unsubscribed. */
export interface OpenLayer extends Unsubscribable {
  readonly run: Step;
}

/**
 * Any operator on the stream of signals is a layer. One that is made by `layerOf` also says how it is opened, so that several of
 * them in a row make one operator.
 */
export interface Layer {
  (signals$: Observable<Signal>): Observable<Signal>;
  readonly open?: () => OpenLayer;
}

/** What `emit` throws when nobody listens any more: no error, but the end of a step. */
const unheard = new Error("nobody listens");

/** A layer that is opened by each subscription. Activations are taken one at a time; signals behind one wait for it. */
export const layerOf = (open: () => OpenLayer): Layer =>
  Object.assign(
    (signals$: Observable<Signal>): Observable<Signal> =>
      new Observable((subscriber) => {
        const layer = open();
        subscriber.add(layer);
        const waiting: Signal[] = [];
        let isBusy = false;
        let isEnded = false;

        /** There while a signal of this step is still to come: done when it, and those behind it, have been told. */
        let late: Promise<void> | undefined;

        const tell = (signal: Signal | undefined): void => {
          if (signal === undefined) return;
          subscriber.next(signal);
          if (subscriber.closed) throw unheard;
        };

        const emit: Emit = (signal) => {
          if (late === undefined && !isPromise(signal)) {
            tell(signal);
            return;
          }
          late = Promise.all([signal, late]).then(([there]) => tell(there));
          // What it fails with is heard of at the end of the step.
          late.catch(() => {});
        };

        const made = (activation: Activation): Eventual<void> =>
          after(late, () => {
            late = undefined;
            subscriber.next(activation);
            isBusy = false;
          });

        const fail = (error: unknown): void => subscriber.error(error);

        /** A step has failed: what was said before, or failed before, comes first. */
        const failStep = (error: unknown): void => {
          if (late) late.then(() => fail(error), fail);
          else fail(error);
        };

        const take = (signal: Signal): void => {
          if (signal._tag !== "Activation") {
            subscriber.next(signal);
            return;
          }
          isBusy = true;
          try {
            const done = after(layer.run(signal, emit), made);
            if (isPromise(done)) done.then(drain).then(undefined, failStep);
          } catch (error) {
            failStep(error);
          }
        };

        const drain = (): void => {
          while (!isBusy && waiting.length > 0) take(waiting.shift() as Signal);
          if (!isBusy && isEnded) subscriber.complete();
        };

        subscriber.add(
          signals$.subscribe({
            next: (signal) => {
              if (isBusy) waiting.push(signal);
              else {
                take(signal);
                drain();
              }
            },
            error: fail,
            complete: () => {
              isEnded = true;
              drain();
            },
          }),
        );
      }),
    { open },
  );

/** A layer without state, from what it does with an activation. */
export const onActivation = (run: Step): Layer => layerOf(() => ({ run, unsubscribe: () => {} }));

/** A layer with a site, or several, of its own for each subscription. */
export const withSites = <S extends Unsubscribable>(open: () => S, step: (sites: S) => Step): Layer =>
  layerOf(() => {
    const sites = open();
    return { run: step(sites), unsubscribe: () => sites.unsubscribe() };
  });

const closeAll = (layers: readonly Unsubscribable[]): void => {
  for (const layer of layers) layer.unsubscribe();
};

const runAll = (
  layers: readonly OpenLayer[],
  activation: Activation,
  emit: Emit,
  from = 0,
): Eventual<Activation> => {
  let current = activation;
  for (let i = from; i < layers.length; i++) {
    const made = (layers[i] as OpenLayer).run(current, emit);
    if (isPromise(made)) return made.then((next) => runAll(layers, next, emit, i + 1));
    current = made;
  }
  return current;
};

/** One layer after another: a single operator if all of them can be opened, and otherwise as many operators. */
export const chained = (layers: readonly Layer[]): Layer => {
  const opens = layers.flatMap(({ open }) => open ?? []);
  if (opens.length < layers.length)
    return (signals$) => layers.reduce((stream$, layer) => layer(stream$), signals$);
  return layerOf(() => {
    const opened = opens.map((open) => open());
    return {
      run: (activation, emit) => runAll(opened, activation, emit),
      unsubscribe: () => closeAll(opened),
    };
  });
};
