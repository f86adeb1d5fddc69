/** A published method on a network of your choice, with rules that override the method's. */
import { crossEntropy, currentMinMax, experiment, glyphs, luq, type Rule, recipes, train } from "rangeflow";
import { lenet5 } from "rangeflow/models";
import { lastValueFrom } from "rxjs";

const lbt = recipes.lbt({ bits: 4 });

/** Later rules override earlier ones, field by field; a rule that matches no site is refused. */
const mine: readonly Rule[] = [
  ...lbt.quantization,
  { at: "conv2/*", weight: { bits: 8 } },
  { at: "dense1/*", gradient: { quantizer: luq(), range: currentMinMax() } },
];

const events$ = train(
  experiment({
    ...lbt, // training settings of its paper
    network: lenet5({ classes: 10 }),
    data: glyphs({ train: 1000, test: 200 }),
    loss: crossEntropy(),
    quantization: mine,
    epochs: 2,
  }),
);

const done = await lastValueFrom(events$);
if (done.event === "done") {
  const backward = done.products.find(({ product }) => product === "input gradient")!;
  console.log(`${done.metric} ${done.score}`);
  console.log(
    `input gradients in integers: ${backward.integer.join(", ")}; in float32: ${backward.float32.join(", ")}`,
  );
}

/* It prints:
accuracy 0.65
input gradients in integers: conv2, dense2; in float32: dense1, dense3
*/
