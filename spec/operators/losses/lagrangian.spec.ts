/** @file The Lagrangian of logits against PyTorch's autograd: `spec/golden/lagrangian.json`. */
import { suite } from "uvu";
import { tensor } from "../../../core/tensor.ts";
import { type LagrangianOptions, lagrangian } from "../../../operators/losses/lagrangian.ts";
import { allClose, close } from "../../support/close.ts";
import { golden, goldenCodes, isPrintedByPyTorch } from "../../support/golden.ts";
import { filled } from "../../support/tensors.ts";

interface Golden extends LagrangianOptions {
  readonly samples: number;
  readonly classes: number;
  readonly labels: readonly number[];
  readonly loss: number;
  readonly slack: number;
  readonly float: readonly number[];
  readonly quantized: readonly number[];
}

const test = suite("PyTorch computes the same Lagrangian");

for (const { samples, classes, labels, loss, slack, float, quantized, ...options } of golden(
  "lagrangian",
) as readonly Golden[])
  test(`${samples} samples of ${classes} classes, multiplier ${options.multiplier}, bound ${options.bound}`, () => {
    const logits = (seed: number) =>
      tensor(
        Float32Array.from(goldenCodes(samples * classes, seed), (code) => code / 32),
        [samples, 1, 1, classes],
      );
    const found = lagrangian({ float: logits(1), quantized: logits(2) }, Int32Array.from(labels), options);
    close(found.loss, loss, 1e-8, "loss");
    close(found.slack, slack, 1e-8, "slack");
    close(found.objective, loss - options.multiplier * slack, 1e-7, "objective");
    allClose(found.gradients.float, float, 1e-7, "gradient of the float32 logits");
    allClose(found.gradients.quantized, quantized, 1e-7, "gradient of the quantized logits");
  });

test("equal and uniform logits have a slack of log classes minus the bound; accuracy is that of the quantized ones", () => {
  const float = filled([2, 1, 1, 4], () => 3);
  const options = { multiplier: 2, bound: 0.5, smoothing: 0 };
  const uniform = lagrangian({ float, quantized: float }, Int32Array.of(0, 1), options);
  close(uniform.slack, Math.log(4) - 0.5, 1e-12);
  close(uniform.loss, Math.log(4) + 2 * uniform.slack, 1e-12);
  allClose(uniform.gradients.quantized, new Float32Array(8), 0);
  const quantized = filled([2, 1, 1, 4], (i) => (i % 4 === 1 ? 1 : 0));
  close(lagrangian({ float, quantized }, Int32Array.of(1, 1), options).accuracy, 1, 0);
});

isPrintedByPyTorch(test, "lagrangian");

test.run();
