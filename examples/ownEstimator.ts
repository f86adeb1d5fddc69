/** Tries the estimator of lastTensors.ts on three tensors, then trains with it, one tensor late. */
import { builtIn, inHindsight, statOf, train } from "rangeflow";
import { from, lastValueFrom, toArray } from "rxjs";
import lastTensors from "./lastTensors.ts";

const estimator = lastTensors.make({ length: 2 });
const observed$ = from(
  [
    [-1, 5],
    [-3, 1],
    [0, 2],
  ].map((x) => statOf(x)),
);
const ranges = await lastValueFrom(observed$.pipe(estimator, toArray()));
console.log(ranges.map(({ lo, hi }) => `[${lo}, ${hi}]`).join(" "));

// A range that is there before its tensor costs one pass over it instead of two: the site is static.
const gradient = { name: "inHindsight(lastTensors:length=2)", estimator: inHindsight(estimator) };
const run$ = train(builtIn({ epochs: 1, limit: 1000, testLimit: 200 }, { gradient }));
const done = await lastValueFrom(run$);
if (done.event === "done") {
  const { staticSites, dynamicSites } = done.roles.find(({ role }) => role === "gradient")!;
  console.log(
    `${done.metric} ${done.score}, gradients: ${staticSites} static sites, ${dynamicSites} dynamic`,
  );
}

/* It prints:
[-5, 5] [-5, 5] [-3, 3]
accuracy 0.345, gradients: 5 static sites, 0 dynamic
*/
