/** @file Stochastic gradient descent on one parameter, in place; see `core/engine.ts` for the formula. */
import { table } from "./arena";

@inline
function step(
  parameter: usize,
  velocity: usize,
  gradient: usize,
  rate: v128,
  momentum: v128,
  decay: v128,
  nesterov: bool,
): v128 {
  const p = v128.load(parameter);
  const g = f32x4.add(v128.load(gradient), f32x4.mul(decay, p));
  const v = f32x4.add(f32x4.mul(momentum, v128.load(velocity)), g);
  v128.store(velocity, v);
  const direction = nesterov ? f32x4.add(g, f32x4.mul(momentum, v)) : v;
  return f32x4.sub(p, f32x4.mul(rate, direction));
}

const part: usize = table(48);

export function update(
  parameter: usize,
  velocity: usize,
  gradient: usize,
  n: u32,
  learningRate: f32,
  momentum: f32,
  weightDecay: f32,
  nesterov: bool,
): void {
  const rate = f32x4.splat(learningRate);
  const momenta = f32x4.splat(momentum);
  const decay = f32x4.splat(weightDecay);
  const whole = n & ~3;
  for (let i: usize = 0; i < 4 * whole; i += 16)
    v128.store(parameter + i, step(parameter + i, velocity + i, gradient + i, rate, momenta, decay, nesterov));
  const rest: usize = 4 * (n - whole);
  if (rest == 0) return;
  const at = 4 * whole;
  memory.copy(part, parameter + at, rest);
  memory.copy(part + 16, velocity + at, rest);
  memory.copy(part + 32, gradient + at, rest);
  v128.store(part, step(part, part + 16, part + 32, rate, momenta, decay, nesterov));
  memory.copy(parameter + at, part, rest);
  memory.copy(velocity + at, part + 16, rest);
}
