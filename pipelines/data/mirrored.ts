/** @file Random mirroring of training images with their boxes, left to right. */
import { type LabelledBox, readBoxes, writeBoxes } from "../../core/boxTarget.ts";
import { branch, key, randomBits } from "../../core/random.ts";
import { elements, type HostTensor, type Shape } from "../../core/tensor.ts";
import type { Dataset } from "./dataset.ts";

/** Swaps left and right of image `n`, in place. */
const mirrorImage = (x: Float32Array, shape: Shape, n: number): void => {
  const [, height, width, channels] = shape as readonly [number, number, number, number];
  for (let row = n * height; row < (n + 1) * height; row++)
    for (let left = 0; left < width - 1 - left; left++)
      for (let c = 0; c < channels; c++) {
        const a = (row * width + left) * channels + c;
        const b = (row * width + width - 1 - left) * channels + c;
        const swapped = x[a] as number;
        x[a] = x[b] as number;
        x[b] = swapped;
      }
};

const mirrorBox = ({ label, box: [x0, y0, x1, y1] }: LabelledBox, width: number): LabelledBox => ({
  label,
  box: [width - x1, y0, width - x0, y1],
});

/**
 * Data for detection whose training images are mirrored with probability 1/2. The draw depends on (seed, batch number, place in the
 * batch).
 */
export const mirrored = (data: Dataset): Dataset => ({
  ...data,
  variant: "mirrored",
  batches: ({ batch, seed }) => {
    const { train, test } = data.batches({ batch, seed });
    const mirrorKey = branch(key(seed), "mirror");
    return {
      train: {
        ...train,
        make: (step, into) => {
          const made = train.make(step, into);
          const target = made.target as HostTensor;
          const [count, , width] = made.shape as readonly [number, number, number];
          const slots = target.shape[2] as number;
          const stepKey = branch(mirrorKey, step);
          for (let n = 0; n < count; n++) {
            if (randomBits(stepKey, n) >>> 31 === 0) continue;
            mirrorImage(made.x, made.shape, n);
            const boxes = readBoxes(target, n).map((box) => mirrorBox(box, width));
            writeBoxes(boxes, slots, elements(target), n);
          }
          return made;
        },
      },
      test,
    };
  },
});
