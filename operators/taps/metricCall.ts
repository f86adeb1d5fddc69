/** @file Calls of a metric's functions, which are user code: errors name metric, layer and step. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";

type Place = Pick<Context, "where" | "step">;

/** Calls of the functions of one metric. */
export interface MetricCall {
  /** Calls a function. @param expected what it should be, for errors */
  readonly call: <T>(place: Place, expected: string, f: () => T) => T;
  /** Makes the error for an unexpected result. */
  readonly refuse: (place: Place, found: unknown, expected: string) => RangeflowFailure;
}

/** Makes the calls of the metric of this name. */
export const metricCall = (name: string, watch: Scope["watch"]): MetricCall => {
  const watched = watch(`metric ${name}`);
  const placed = ({ where }: Place): string => `metric ${name}, ${where}`;
  return {
    call: (place, expected, f) => {
      try {
        return watched(place.step, f);
      } catch (error) {
        throw thrownBy(placed(place), error, expected);
      }
    },
    refuse: (place, found, expected) =>
      new RangeflowFailure(problem(placed(place), `returned ${valueText(found)}`, expected)),
  };
};

/** The result of a metric's function, which must be a number; NaN is one. */
export const metricNumber = (
  { call, refuse }: MetricCall,
  place: Place,
  expected: string,
  f: () => unknown,
): number => {
  const value = call(place, expected, f);
  if (typeof value === "number") return value;
  throw refuse(place, value, "a number");
};
