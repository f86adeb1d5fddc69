import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { LogBarrier } from "../../../core/logBarrier.ts";
import { tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { activationBarrier, weightBarrier } from "../../../operators/losses/logBarrier.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { elements } from "../../support/elements.ts";
import {
  batch,
  built,
  gradientsOf,
  metricsOf,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  testScope,
} from "../../support/testScope.ts";

const test = suite("log barrier in a network");
const barrier: LogBarrier = { weight: 3, bound: 1, sharpness: () => 5 };
const close = (found: number, wanted: number): void =>
  assert.ok(Math.abs(found - wanted) < 1e-5, `${found} is not ${wanted}`);

test("the gradient of weights gains weight / n times the slope of the barrier, and its mean is told", () => {
  const scope = testScope({ shape: [1, 1, 3] });
  const network = built(
    sequential(conv2d("dense", { outChannels: 1, kernel: 1, bias: true }), weightBarrier(barrier)),
    scope,
  );
  const weight = scope.parameters.list().find(({ path }) => path === "dense/weight")!;
  elements(weight.value).set([0.3, -0.95, 1.2]);
  const signals = opened(network.layer)(batch(tensor(Float32Array.of(0, 0, 0), [1, 1, 1, 3])));
  const emitted = pulledBack(outcome(signals), tensor(Float32Array.of(1), [1, 1, 1, 1]));
  const [w, b] = gradientsOf(emitted);
  [0.131868, -3.897436, 4.909091].forEach((slope, i) => {
    close(elements(w!.gradient)[i]!, slope);
  });
  assert.equal([...elements(b!.gradient)], [1], "biases are left alone");
});

test("activations gain the same in their gradient, and pass unchanged", () => {
  const { layer } = built(activationBarrier(barrier), testScope({ shape: [1, 1, 3] }));
  let dx: readonly number[] = [];
  const x = tensor(Float32Array.of(0.3, -0.95, 1.2), [1, 1, 1, 3]);
  const out = outcome(
    opened(layer)(
      batch(x, {
        pullback: (dy) => {
          dx = [...numbers(dy)];
        },
      }),
    ),
  );
  assert.equal([...numbers(out.x)], [...elements(x)]);
  pulledBack(out, tensor(Float32Array.of(1, 1, 1), [1, 1, 1, 3]));
  [1.131868, -2.897436, 5.909091].forEach((wanted, i) => {
    close(dx[i]!, wanted);
  });
});

test("weights that are NaN or infinite take no part: the others and the metric keep theirs, and a fault tells", () => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const quantizer = quantizing(currentMinMax());
    const scope = testScope({ shape: [1, 1, 3], quantizer });
    const layer = conv2d("dense", { outChannels: 1, kernel: 1 });
    const network = built(sequential(layer, weightBarrier(barrier)), scope);
    elements(scope.parameters.list()[0]!.value).set([0.3, odd, 1.2]);
    const signals = opened(network.layer)(batch(tensor(Float32Array.of(0, 0, 0), [1, 1, 1, 3])));
    const [w] = gradientsOf(pulledBack(outcome(signals), tensor(Float32Array.of(1), [1, 1, 1, 1])));
    [0.131868, 0, 4.909091].forEach((slope, i) => {
      close(elements(w!.gradient)[i]!, slope);
    });
    assert.equal(
      only("Fault")(signals).map(({ kind, site }) => [kind, site]),
      [["NonFiniteTensor", "dense/weight"]],
    );
  }
});

test("in evaluation there is no barrier", () => {
  const { layer } = built(weightBarrier(barrier), testScope());
  const signals = opened(layer)(batch(tensor(Float32Array.of(1), [1, 1, 1, 1]), { training: false }));
  assert.equal(metricsOf(signals), []);
});

test.run();
