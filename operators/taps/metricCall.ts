/** @file Calls of a metric's functions, which a user has written: watched, on copies, and what is wrong is told with metric, layer and step. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import { elements, type HostTensor, tensor } from "../../core/tensor.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";

type Place = Pick<Context, "where" | "step">;

/** How functions of one metric are called. */
export interface MetricCall {
  /** @param expected what the function that is called should be, for the sentence */
  readonly call: <T>(place: Place, expected: string, f: () => T) => T;
  /** Refuses what is not as expected. */
  readonly refuse: (place: Place, found: unknown, expected: string) => RangeflowFailure;
}

/** Calls functions of a metric of this name. */
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

/** What a function of a metric gives, if it is a number; NaN is one. */
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

/** An output that a function may write into. */
export const outputCopy = (output: HostTensor): HostTensor => tensor(elements(output).slice(), output.shape);
