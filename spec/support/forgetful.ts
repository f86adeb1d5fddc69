/** @file The reference engine with the memory of a faster one: what a step leaves behind is gone when the next begins. */
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import type { PassResult } from "../../core/pass.ts";
import type { Tensor } from "../../core/tensor.ts";
import { elements } from "./elements.ts";

/** Fills every tensor of a step with NaN, and its codes with -77, when the next step begins. */
export const forgetful = (): Engine => {
  const engine = reference();
  let left: (() => void)[] = [];
  const forget = (x: Tensor): Tensor => {
    const data = elements(x);
    left.push(() => data.fill(Number.NaN));
    return x;
  };
  return {
    ...engine,
    run: (x, sinks) => {
      const result = engine.run(x, sinks) as PassResult;
      if (result.stored) forget(result.stored);
      for (const codes of [result.codes, result.gradientMask]) {
        const data = codes && elements(codes);
        if (data) left.push(() => data.fill(-77));
      }
      return result;
    },
    upload: (data, shape) => forget(engine.upload(data, shape)),
    beginStep: () => {
      engine.beginStep();
      for (const effect of left) effect();
      left = [];
    },
  };
};
