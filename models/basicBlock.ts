import { relu } from "../operators/layers/relu.ts";
import { residual } from "../operators/layers/residual.ts";
import type { Module } from "../operators/module/module.ts";
import { sequential } from "../operators/module/sequential.ts";
import { convNorm } from "./convNorm.ts";

/** Basic residual block: two 3x3 convolutions beside a shortcut, with a ReLU behind the sum. The first convolution has the stride. */
export const basicBlock = (channels: number, stride: number, shortcut: Module): Module =>
  sequential(
    residual(
      sequential(
        convNorm("1", { outChannels: channels, kernel: 3, padding: 1, stride }),
        relu(),
        convNorm("2", { outChannels: channels, kernel: 3, padding: 1 }),
      ),
      shortcut,
    ),
    relu(),
  );
