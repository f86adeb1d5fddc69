import { dense } from "../operators/dense.ts";
import { identity } from "../operators/identity.ts";
import { type Module, under } from "../operators/module.ts";
import { globalAveragePool } from "../operators/pool.ts";
import { quantized } from "../operators/quantized.ts";
import { relu } from "../operators/relu.ts";
import { residual } from "../operators/residual.ts";
import { sequential } from "../operators/sequential.ts";
import { subsample } from "../operators/subsample.ts";
import { convNorm } from "./convNorm.ts";

/** Two 3x3 convolutions and a shortcut; the first convolution and the shortcut move by `stride`. */
const basicBlock = (channels: number, stride: number): Module =>
  sequential(
    residual(
      sequential(
        convNorm("1", { outChannels: channels, kernel: 3, padding: 1, stride }),
        relu(),
        convNorm("2", { outChannels: channels, kernel: 3, padding: 1 }),
      ),
      stride === 1 ? identity() : subsample({ stride, channels }),
    ),
    relu(),
  );

/** `blocks` blocks of so many channels, the first of them moving by `stride`. */
const layer = (name: string, channels: number, stride: number, blocks: number): Module =>
  under(
    name,
    sequential(
      ...Array.from({ length: blocks }, (_, i) =>
        under(`block${i + 1}`, basicBlock(channels, i === 0 ? stride : 1)),
      ),
    ),
  );

/**
 * The residual network of 20 layers for 32x32 images with shortcuts of kind A: 269,722 parameters for three channels and ten
 * classes, 41 million multiplications an image.
 *
 * @see He et al. 2016, arXiv:1512.03385, section 4.2
 */
export const resnet20 = ({ classes }: { readonly classes: number }): Module =>
  sequential(
    convNorm("1", { outChannels: 16, kernel: 3, padding: 1 }),
    relu(),
    layer("layer1", 16, 1, 3),
    layer("layer2", 32, 2, 3),
    layer("layer3", 64, 2, 3),
    globalAveragePool(),
    quantized(dense)("dense", { units: classes, gain: 1 }),
  );
