/** Tries the estimator of lastTensors.ts on three tensors, then trains with it in hindsight. */
import { crossEntropy, experiment, glyphs, inHindsight, statOf, train } from "rangeflow";
import { lenet5 } from "rangeflow/models";
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

// In hindsight, the range is known before its tensor: the site is static, one pass instead of two.
const range = inHindsight(estimator);
const run$ = train(
  experiment({
    network: lenet5({ classes: 10 }),
    data: glyphs({ train: 1000, test: 200 }),
    loss: crossEntropy(),
    quantization: [{ gradient: { range } }],
    epochs: 1,
  }),
);
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
