/** @file Dequantization of codes with a scale and a zero point per outermost channel. */
import { dequantize } from "./stages";

/** `count` channels of `n` codes each, written in ascending order, because whole vectors are written. */
export function dequantizeChannels(codes: usize, count: i32, n: i32, scales: usize, zeros: usize, to: usize): void {
  for (let c = 0; c < count; c++)
    dequantize(codes + c * n, to + 4 * c * n, n, load<f32>(scales + 4 * c), load<i32>(zeros + 4 * c));
}
