/**
 * @file Layers: operators on the stream of signals, and their state while they are subscribed.
 *
 * A layer replaces each activation by another one and passes all other signals on. Within a step there is no stream: a layer calls
 * the next one with its activation, and `emit` with its other signals. A signal therefore reaches the end of the network without
 * going through the layers behind the one that emitted it.
 */
import { type MonoTypeOperatorFunction, Observable, type Unsubscribable } from "rxjs";
import { after, type Eventual, isPromise } from "../../core/eventual.ts";
import type { Activation, Emit, Signal } from "../../core/signal.ts";
import type { Trace } from "../../core/trace.ts";
import { isSignal, repeated } from "./journey.ts";

/** Makes an activation from another; synchronous if the engine and the estimators are. */
export type Step = (activation: Activation, emit: Emit) => Eventual<Activation>;

/** An open layer: its sites keep their state from step to step, until it is unsubscribed. */
export interface OpenLayer extends Unsubscribable {
  readonly run: Step;
}

/** A layer is any operator on the stream of signals, and can be used in any `pipe`. */
export type Layer = MonoTypeOperatorFunction<Signal>;

/** How a network opens a layer, so that several layers in a row become one operator. */
export interface LayerOpening {
  readonly open: () => OpenLayer;
  /** Place in the network: its path, or the first and last of several; absent for layers without a path. */
  readonly span?: Span | undefined;
}

/** A layer and how it is opened. Without an opening it is a user's operator, and gets a stream of its own. */
export interface Openable {
  readonly layer: Layer;
  readonly opening?: LayerOpening;
}

type Span = readonly [first: string, last: string];

const nameOf = ([first, last]: Span): string => (first === last ? first : `${first} .. ${last}`);

/** Thrown by `emit` when nobody is subscribed any more. Not a failure: it ends the step. */
const unheard = new Error("nobody listens");

/**
 * The operator that opens a layer for each subscription. It takes one activation at a time; later signals wait for it. A batch with
 * a trace (`runBatches`) must come only once.
 */
const operatorOf = ({ open, span }: LayerOpening): Layer => {
  const name = span && nameOf(span);
  return (signals$) =>
    new Observable((subscriber) => {
      const layer = open();
      subscriber.add(layer);
      const waiting: Signal[] = [];
      let isBusy = false;
      let isEnded = false;
      /** Trace of the last batch received. */
      let trace: Trace | undefined;

      /** Promise while a signal of this step is pending; done when it and those behind it have been emitted. */
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
        late = Promise.all([signal, late]).then(([signal]) => tell(signal));
        // The end of the step handles a rejection.
        late.catch(() => {});
      };

      const finish = (activation: Activation): Eventual<void> =>
        after(late, () => {
          late = undefined;
          trace?.leave(name);
          subscriber.next(trace && activation.trace === undefined ? { ...activation, trace } : activation);
          isBusy = false;
        });

      const fail = (error: unknown): void => subscriber.error(error);

      /** A failed step: earlier signals, or earlier failures, come first. */
      const failStep = (error: unknown): void => {
        if (late) late.then(() => fail(error), fail);
        else fail(error);
      };

      const take = (signal: Signal): void => {
        // A value that is not a signal passes on to the end of the network, which refuses it.
        if (!isSignal(signal) || signal._tag !== "Activation") {
          subscriber.next(signal);
          return;
        }
        if (trace !== undefined && signal.trace === trace) {
          fail(repeated(trace.place(name)));
          return;
        }
        trace = signal.trace;
        trace?.enter();
        isBusy = true;
        try {
          const done = after(layer.run(signal, emit), finish);
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
            trace?.end(name);
            drain();
          },
        }),
      );
    });
};

/** Makes a layer from how it is opened. */
export const openable = (open: () => OpenLayer, span?: Span): Openable => {
  const opening: LayerOpening = { open, span };
  return { layer: operatorOf(opening), opening };
};

/** Makes a stateless layer from its step. */
export const onActivation = (run: Step): Openable => openable(() => ({ run, unsubscribe: () => {} }));

/** Makes a layer with sites of its own for each subscription. */
export const withSites = <S extends Unsubscribable>(
  open: () => S,
  step: (sites: S) => Step,
  path?: string,
): Openable =>
  openable(
    () => {
      const sites = open();
      return { run: step(sites), unsubscribe: () => sites.unsubscribe() };
    },
    path === undefined ? undefined : [path, path],
  );

const closeAll = (layers: readonly Unsubscribable[]): void => {
  for (const layer of layers) layer.unsubscribe();
};

interface Named {
  readonly layer: OpenLayer;
  readonly name: string | undefined;
}

const passed = (activation: Activation, name: string | undefined): Activation => {
  if (name !== undefined) activation.trace?.pass(name);
  return activation;
};

const runAll = (
  layers: readonly Named[],
  activation: Activation,
  emit: Emit,
  from = 0,
): Eventual<Activation> => {
  let current = activation;
  for (let i = from; i < layers.length; i++) {
    const { layer, name } = layers[i] as Named;
    const next = layer.run(current, emit);
    if (isPromise(next)) return next.then((later) => runAll(layers, passed(later, name), emit, i + 1));
    current = passed(next, name);
  }
  return current;
};

/** Span from the first to the last layer that has a path. */
const spanOf = (openings: readonly LayerOpening[]): Span | undefined => {
  const spans = openings.flatMap(({ span }) => (span ? [span] : []));
  const [first, last] = [spans[0], spans.at(-1)];
  return first && last && [first[0], last[1]];
};

/** Layers in a row: a single operator if all of them can be opened, otherwise one operator each. */
export const chained = (layers: readonly Openable[]): Openable => {
  const openings = layers.flatMap(({ opening }) => (opening ? [opening] : []));
  if (openings.length < layers.length)
    return { layer: (signals$) => layers.reduce((stream$, { layer }) => layer(stream$), signals$) };
  return openable(() => {
    const opened = openings.map(({ open, span }): Named => ({ layer: open(), name: span && nameOf(span) }));
    return {
      run: (activation, emit) => runAll(opened, activation, emit),
      unsubscribe: () => closeAll(opened.map(({ layer }) => layer)),
    };
  }, spanOf(openings));
};
