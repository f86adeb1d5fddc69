/** @file Stochastic gradient descent on the device: one kernel for the velocity, one for the parameter. */
import type { Update } from "../../../engine.ts";
import type { Tensor } from "../../../tensor.ts";
import type { Buffers } from "./buffers.ts";
import type { Machine } from "./machine.ts";

const { fround } = Math;

/** Updates a parameter and its velocity, with a rounding after each operation. */
export const updateOn =
  (machine: Machine, buffers: Buffers) =>
  async (parameter: Tensor, velocity: Tensor, gradient: Tensor, how: Update): Promise<void> => {
    const p = await buffers.of(parameter);
    const v = await buffers.of(velocity);
    const g = await buffers.of(gradient);
    const numbers = [how.learningRate, how.momentum, how.weightDecay].map(fround);
    const threads = [parameter.size];
    const begin = (name: string): string => `let parameter = a0[this.thread.x];
let gradient = a1[this.thread.x];
let velocity = a2[this.thread.x];
let share = v[2] * parameter;
let decayed = gradient + share;
let ${name} = v[1] * velocity;`;
    const faster = await machine.run(
      `${begin("slowed")}\nreturn slowed + decayed;`,
      threads,
      [p, g, v],
      numbers,
    );
    const direction = how.nesterov ? "decayed + ahead" : "velocity";
    const moved = await machine.run(
      `${begin("ahead")}
let direction = ${direction};
let move = v[0] * direction;
return parameter - move;`,
      threads,
      [p, g, faster],
      numbers,
    );
    buffers.replace(velocity, faster);
    buffers.replace(parameter, moved);
  };
