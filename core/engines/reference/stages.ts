/** @file The stages of a pass, one after another over whole tensors, each rounded as in its formula. */
import type { Stage } from "../../expr.ts";
import { elements, inMemory } from "../../tensor.ts";

const { fround } = Math;

/** Element i of a vector with one entry, or one per channel. */
const at = (vector: Float32Array, i: number): number => vector[i % vector.length] as number;

/** x after one stage; `other` has the elements of the stage's other tensor, if there is one. */
export const applied = (
  stage: Exclude<Stage, { _tag: "Keep" | "Release" }>,
  x: Float32Array,
  other: Float32Array,
): Float32Array => {
  switch (stage._tag) {
    case "Affine": {
      const { scale, shift } = stage;
      return x.map((value, i) => {
        const scaled = scale ? fround(value * at(scale, i)) : value;
        return shift ? scaled + at(shift, i) : scaled;
      });
    }
    case "Clip":
      return x.map((value) => Math.min(Math.max(value, stage.lo), stage.hi));
    case "Add":
      return x.map((value, i) => value + (other[i] as number));
    case "Gate":
      return x.map((value, i) => {
        const o = other[i] as number;
        return stage.lo < o && o < stage.hi ? value : 0;
      });
    case "Mask": {
      const gradientMask = elements(inMemory(stage.gradientMask));
      return x.map((value, i) => (gradientMask[i] ? value : 0));
    }
    case "Normalize": {
      const { mean, scale, shift } = stage;
      return x.map((value, i) => fround(fround(value - at(mean, i)) * at(scale, i)) + at(shift, i));
    }
    case "Combine": {
      const { scale, mean, slope, shift } = stage;
      return x.map((value, i) => {
        const centred = fround((other[i] as number) - at(mean, i));
        const rest = fround(fround(centred * at(slope, i)) + at(shift, i));
        return fround(value * at(scale, i)) + rest;
      });
    }
  }
};
