/** @file The journey of one batch through a network, and the errors of operators between layers. */
import { problem, RangeflowFailure, valueText } from "../../core/errors.ts";
import type { Signal } from "../../core/signal.ts";
import type { Trace } from "../../core/trace.ts";

/** Trace of a batch that counts its moves. */
export interface Journey extends Trace {
  /** Whether the batch is in a layer; false before the network, behind it, and in operators that are not layers. */
  readonly isInLayer: () => boolean;
  /** Number of times it has entered, passed or left a layer. */
  readonly moves: () => number;
}

/** The journey of the batch of a step. */
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

/** Failure for something that an operator emitted and is not a signal. */
export const noSignal = (place: string, given: unknown): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `${valueText(given)} among the signals`,
      "signals only",
      "look there for an operator that emits something other than signals",
    ),
  );

/** Whether a value is a signal. */
export const isSignal = (given: Signal | null | undefined): given is Signal =>
  typeof given?._tag === "string";

/** Failure for an activation that an operator emitted twice. */
export const repeated = (place: string): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      "an activation that had already arrived",
      oneForEach,
      "look there for an operator that repeats it, such as mergeMap",
    ),
  );

/** Failure for an activation that an operator kept for too long. */
export const missing = (place: string, seconds: number): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `no activation within ${seconds} s`,
      oneForEach,
      "look there for an operator that drops or holds it, such as filter or bufferCount; a slow operator needs a longer patience",
    ),
  );

/**
 * Failure for a stream that completed before its batches did.
 *
 * @param batches number of batches before it completed
 * @param all total number of batches, if known
 */
export const endedEarly = (place: string, batches: number, all?: number): RangeflowFailure =>
  new RangeflowFailure(
    problem(
      place,
      `the stream completed after ${batches}${all === undefined ? "" : ` of ${all}`} batches`,
      "one activation for each",
      "look there for an operator that ends it early, such as take",
    ),
  );
