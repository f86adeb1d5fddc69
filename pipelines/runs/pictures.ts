/** @file Pictures of test images: inputs of a network as bytes for display. */
import { type LabelledBox, readBoxes } from "../../core/boxTarget.ts";
import type { HostTensor } from "../../core/tensor.ts";
import type { Batches } from "../data/batches.ts";
import type { Picture } from "./detectedPictures.ts";

/** An input [H, W, C] of a network, and its boxes. */
interface Input {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly x: Float32Array;
  readonly truth: readonly LabelledBox[];
}

/** The first inputs of an evaluation. */
const inputsOf = ({ make, perEpoch }: Batches, most: number): readonly Input[] => {
  const inputs: Input[] = [];
  for (let batch = 0; batch < perEpoch && inputs.length < most; batch++) {
    const { x, target, shape } = make(batch);
    const [count, height, width, channels] = shape as [number, number, number, number];
    const size = height * width * channels;
    for (let n = 0; n < count && inputs.length < most; n++)
      inputs.push({
        ...{ height, width, channels },
        x: x.slice(n * size, (n + 1) * size),
        truth: readBoxes(target as HostTensor, n),
      });
  }
  return inputs;
};

/** Largest side of a picture in pixels. */
const mostPixels = 128;

/** Smallest and largest value of a channel over all inputs. */
const endsOf = (inputs: readonly Input[], channel: number): readonly [least: number, greatest: number] => {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { x, channels } of inputs)
    for (let i = channel; i < x.length; i += channels) {
      const value = x[i] as number;
      if (!Number.isFinite(value)) continue;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    }
  return [least, greatest];
};

/** Averages pixels until the picture is small enough. NaN and infinity become black. */
const pictureOf = (
  { height, width, channels, x }: Input,
  ends: readonly (readonly [least: number, greatest: number])[],
): Picture => {
  const factor = Math.ceil(Math.max(height, width) / mostPixels);
  const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)];
  const bytes = new Uint8Array(rows * columns * ends.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      for (const [c, [least, greatest]] of ends.entries()) {
        let [sum, count] = [0, 0];
        for (let r = row * factor; r < Math.min((row + 1) * factor, height); r++)
          for (let k = column * factor; k < Math.min((column + 1) * factor, width); k++, count++)
            sum += x[(r * width + k) * channels + c] as number;
        const share = greatest > least ? (sum / count - least) / (greatest - least) : 0;
        bytes[(row * columns + column) * ends.length + c] = Math.round(255 * share);
      }
  return {
    height: rows,
    width: columns,
    channels: ends.length === 3 ? 3 : 1,
    bytes: Buffer.from(bytes).toString("base64"),
  };
};

/**
 * Pictures of the first test images, with their boxes. Inputs are floats in any unit, so each channel is scaled from its smallest to its
 * largest value over these images. Inputs with three channels become colour pictures, others grey pictures of their first channel.
 */
export const picturesOf = (batches: Batches, most: number) => {
  const inputs = inputsOf(batches, most);
  const shown = inputs[0]?.channels === 3 ? 3 : 1;
  const ends = Array.from({ length: shown }, (_, c) => endsOf(inputs, c));
  return inputs.map((input) => ({
    height: input.height,
    width: input.width,
    picture: pictureOf(input, ends),
    truth: input.truth,
  }));
};
