/** @file A program of somebody who has installed the package: an estimator of their own, trained with. `.ci/run` runs it. */
import { builtIn, type RangeEstimator, train } from "rangeflow";
import { lastValueFrom, map, scan, startWith } from "rxjs";

/** The widest range so far, ahead of every tensor. */
const widest: RangeEstimator = (observed$) =>
  observed$.pipe(
    scan((most, { min, max }) => Math.max(most, -min, max), 0),
    map((most) => ({ lo: -most, hi: most })),
    startWith({ lo: -1, hi: 1 }),
  );

const estimators = { activation: { name: "widest", estimator: widest } };
const done = await lastValueFrom(train(builtIn({ epochs: 1, limit: 1000, testLimit: 200 }, estimators)));
console.log(JSON.stringify(done));
if (done.event !== "done" || !(done.score > 0.2)) throw new Error("it has learned nothing");
