/** Images with boxes from memory: up to three squares and discs to find on each image; the last image has none. */
import { centerLoss, detectionMetrics, experiment, fromBoxes, optimizers, train } from "rangeflow";
import { centerDetector } from "rangeflow/models";

const [count, side] = [240, 32];

/** Integers from 0 to n - 1, the same in every run. */
let state = 1;
const below = (n: number): number => {
  state = (state * 16807) % 2147483647;
  return state % n;
};

/** Draws a bright square or disc on an image, and returns its class and its corners [x0, y0, x1, y1] in pixels. */
const addShape = (image: Uint8Array) => {
  const [label, size] = [below(2), 6 + below(8)];
  const [x0, y0] = [below(side - size), below(side - size)];
  const bright = 120 + below(130);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const isInDisc = Math.hypot(x - (size - 1) / 2, y - (size - 1) / 2) <= size / 2;
      if (label === 0 || isInDisc) image[(y0 + y) * side + x0 + x] = bright;
    }
  return { label, box: [x0, y0, x0 + size, y0 + size] as const };
};

const images = Uint8Array.from({ length: count * side * side }, () => below(60));
const boxes = Array.from({ length: count }, (_, n) => {
  const image = images.subarray(n * side * side, (n + 1) * side * side);
  return Array.from({ length: n === count - 1 ? 0 : 1 + below(3) }, () => addShape(image));
});

const shapes = fromBoxes(images, boxes, [side, side, 1], {
  name: "shapes",
  classes: ["square", "disc"],
  test: 0.2,
  mirror: true,
});

const detector = experiment({
  network: { forData: ({ classes }) => centerDetector({ classes: classes.length, width: 0.5 }) },
  data: shapes,
  loss: centerLoss(),
  metrics: detectionMetrics,
  score: { metric: "mAP@0.5", better: "higher" },
  optimizer: optimizers.adam(),
  schedule: () => 0.003,
  batch: 16,
  epochs: 12,
});

train(detector).subscribe((event) => {
  if (event.event === "epoch" && event.epoch % 4 === 0) console.log(`mAP@0.5 ${event.testScore?.toFixed(2)}`);
});

/* It prints:
mAP@0.5 0.43
mAP@0.5 0.62
mAP@0.5 0.67
*/
