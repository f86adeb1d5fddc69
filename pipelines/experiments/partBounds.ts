/** @file Bounds of the plain values in parts of an experiment. They are those of the command line. */
import {
  type Bound,
  countFrom,
  notNegative,
  oneOf,
  optional,
  outOfBounds,
  positive,
  unit,
} from "../../core/bounds.ts";
import type { Problem } from "../../core/errors.ts";

type Part = "barrier" | "constraint" | "layerConstraint" | "measurements";

const bounds: Readonly<Record<Part, Readonly<Record<string, Bound>>>> = {
  barrier: {
    weight: notNegative,
    on: oneOf("weights", "all"),
    bound: positive,
    sharpness: positive,
    growth: positive,
  },
  constraint: { bound: positive, rate: positive, smoothing: optional(unit) },
  layerConstraint: { bound: positive, rate: positive },
  // 0 means never.
  measurements: { sqnrEvery: optional(countFrom(0)), histogramEvery: optional(countFrom(0)) },
};

/** Invalid values in the parts of an experiment. */
export const partProblems = (experiment: { readonly [P in Part]?: object }): readonly Problem[] =>
  Object.entries(bounds).flatMap(([part, fields]) => {
    const given = experiment[part as Part];
    return given === undefined ? [] : outOfBounds(`experiment, ${part}.`, given, fields);
  });
