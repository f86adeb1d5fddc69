/** @file The way of one batch through a network, and the sentences for what an operator between layers may do to it. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Signal } from "../../core/signal.ts";
import type { Trace } from "../../core/trace.ts";

export interface Journey extends Trace {
  /** False in front of the network, behind it, and where an operator stands that is no layer. */
  readonly isInLayer: () => boolean;
  /** Counts how often it has entered, passed or left a layer. */
  readonly moves: () => number;
}

/** The way of a batch that sets out at `step`. */
export const journeyOf = (step: number): Journey => {
  let inside = 0;
  let moves = 0;
  let behind: string | undefined;
  let end: { readonly layer: string | undefined } | undefined;
  const place = (layer = end?.layer): string => {
    if (layer !== undefined) return `in front of ${layer}, step ${step}`;
    return behind === undefined || end ? `network, step ${step}` : `behind ${behind}, step ${step}`;
  };
  return {
    enter: () => {
      inside++;
      moves++;
    },
    pass: (layer) => {
      moves++;
      behind = layer;
    },
    leave: (layer) => {
      inside--;
      moves++;
      behind = layer ?? behind;
    },
    end: (layer) => {
      end ??= { layer };
    },
    place,
    isInLayer: () => inside > 0,
    moves: () => moves,
  };
};

const oneForEach = "one activation out for each one in";

/** Failure for what came out of an operator and is no signal. */
export const noSignal = (place: string, given: unknown): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `${valueText(given)} among the signals`,
      "signals only",
      "look there for an operator that emits something other than signals",
    ),
  );

export const isSignal = (given: Signal | null | undefined): given is Signal =>
  typeof given?._tag === "string";

/** An activation that came out of an operator once more. */
export const repeated = (place: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      "an activation that had already arrived",
      oneForEach,
      "look there for an operator that repeats it, such as mergeMap",
    ),
  );

/** An activation that an operator has kept for longer than it may. */
export const missing = (place: string, seconds: number): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `no activation within ${seconds} s`,
      oneForEach,
      "look there for an operator that drops or holds it, such as filter or bufferCount; a slow operator needs a longer patience",
    ),
  );

/** A stream that ended before its batches did, after so many of them; of how many, where that is known. */
export const endedEarly = (place: string, batches: number, all?: number): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `the stream completed after ${batches}${all === undefined ? "" : ` of ${all}`} batches`,
      "one activation for each",
      "look there for an operator that ends it early, such as take",
    ),
  );
