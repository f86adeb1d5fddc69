/** A network of two layers, trained in 8-bit integers forward and backward. Run it: node examples/smallestNetwork.ts */
import {
  crossEntropy,
  dense,
  experiment,
  flatten,
  glyphs,
  quantized,
  relu,
  sequential,
  train,
} from "rangeflow";
import { lastValueFrom } from "rxjs";

const smallest = experiment({
  network: sequential(
    flatten(),
    quantized(dense)("hidden", { units: 32 }),
    relu(),
    quantized(dense)("output", { units: 10, gain: 1 }),
  ),
  data: glyphs({ train: 2000, test: 200 }),
  loss: crossEntropy(),
  epochs: 2,
});

const done = await lastValueFrom(train(smallest));
if (done.event === "done") console.log(`${done.metric} ${done.score}, products in integers:`);
if (done.event === "done")
  for (const { product, integer } of done.products) console.log(`  ${product}: ${integer.join(", ")}`);

/* It prints:
accuracy 0.655, products in integers:
  forward: hidden, output
  input gradient: output
  weight gradient: hidden, output
*/
