/** @file A program of somebody who has installed the package: an estimator of their own, trained with. `.ci/run` runs it. */
import { crossEntropy, experiment, glyphs, type RangeEstimator, train } from "rangeflow";
import { lenet5 } from "rangeflow/models";
import { lastValueFrom, map, scan, startWith } from "rxjs";

/** The widest range so far, ahead of every tensor. */
const widest: RangeEstimator = (observed$) =>
  observed$.pipe(
    scan((most, { min, max }) => Math.max(most, -min, max), 0),
    map((most) => ({ lo: -most, hi: most })),
    startWith({ lo: -1, hi: 1 }),
  );

const mine = experiment({
  network: lenet5({ classes: 10 }),
  data: glyphs({ train: 1000, test: 200 }),
  loss: crossEntropy(),
  quantization: [{ activation: { range: widest } }],
  epochs: 1,
});
const done = await lastValueFrom(train(mine));
console.log(JSON.stringify(done));
if (done.event !== "done" || !(done.score > 0.2)) throw new Error("it has learned nothing");
