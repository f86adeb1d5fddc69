/** @file Kernel text for stages, with one rounding after each operation, as in their formulas. */
import { internal } from "../../../errors.ts";
import type { Stage } from "../../../expr.ts";
import type { Text } from "./text.ts";

/** Writes a stage on the variable `x`; `other` writes the stage's other tensor. Returns the variable that holds the result. */
export const writeStage = (text: Text, stage: Stage, x: string, other: () => string): string => {
  const of = (vector: Float32Array): string => text.entry(vector, text.x);
  switch (stage._tag) {
    case "Affine": {
      const scaled = stage.scale ? text.let(`${x} * ${of(stage.scale)}`) : x;
      return stage.shift ? text.let(`${scaled} + ${of(stage.shift)}`) : scaled;
    }
    case "Clip": {
      const { lo, hi } = stage;
      const raised =
        lo === Number.NEGATIVE_INFINITY ? x : text.let(largerOf(x, text.number(lo), Object.is(lo, 0)));
      return hi === Number.POSITIVE_INFINITY
        ? raised
        : text.let(smallerOf(raised, text.number(hi), Object.is(hi, -0)));
    }
    case "Add":
      return text.let(`${x} + ${other()}`);
    case "Gate": {
      const o = other();
      return text.let(`${text.number(stage.lo)} < ${o} && ${o} < ${text.number(stage.hi)} ? ${x} : 0`);
    }
    case "Mask":
      return text.let(`${text.array(stage.gradientMask)}[${text.index}] === 0 ? 0 : ${x}`);
    case "Normalize": {
      const centred = text.let(`${x} - ${of(stage.mean)}`);
      const scaled = text.let(`${centred} * ${of(stage.scale)}`);
      return text.let(`${scaled} + ${of(stage.shift)}`);
    }
    case "Combine": {
      const centred = text.let(`${other()} - ${of(stage.mean)}`);
      const sloped = text.let(`${centred} * ${of(stage.slope)}`);
      const rest = text.let(`${sloped} + ${of(stage.shift)}`);
      const scaled = text.let(`${x} * ${of(stage.scale)}`);
      return text.let(`${scaled} + ${rest}`);
    }
    case "Release":
      return x;
    case "Keep":
      throw internal("a place where a tensor is kept, in the middle of a kernel");
  }
};

/** max(x, end) as in JavaScript: NaN stays NaN, and 0 is larger than -0. */
const largerOf = (x: string, end: string, isZero: boolean): string =>
  `${x} ${isZero ? "<=" : "<"} ${end} ? ${end} : ${x}`;

/** min(x, end) as in JavaScript: NaN stays NaN, and -0 is smaller than 0. */
const smallerOf = (x: string, end: string, isMinusZero: boolean): string =>
  `${x} ${isMinusZero ? ">=" : ">"} ${end} ? ${end} : ${x}`;
