import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Accumulator } from "../../../core/accumulator.ts";
import type { Overflow, Role } from "../../../core/signal.ts";
import { tensor } from "../../../core/tensor.ts";
import { narrowAccumulator } from "../../../operators/layers/accumulate.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { dorefaGradients } from "../../../quantizers/dorefa.ts";
import { fixed } from "../../../quantizers/estimators/fixed.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { sat } from "../../../quantizers/learned/sat.ts";
import type { WeightTransform } from "../../../quantizers/learned/weightTransform.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { muLaw } from "../../../quantizers/projections/muLaw.ts";
import type { Projection } from "../../../quantizers/projections/projection.ts";
import { elements } from "../../support/elements.ts";
import { projectedBy } from "../../support/projecting.ts";
import {
  batch,
  built,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  quantizing,
  refusals,
  testScope,
} from "../../support/testScope.ts";

const test = suite("narrow accumulators");

/** Four products of 127 * 127: 64516, which 16 bits cannot hold. */
const run = (accumulator: Accumulator | undefined) => {
  const quantizer = quantizing(fixed({ lo: -127, hi: 127 }), { scheme: "symmetric" });
  const scope = testScope({
    shape: [1, 1, 4],
    hooks: accumulator ? narrowAccumulator(accumulator) : [],
    quantizer,
  });
  const network = built(quantized(dense)("dense", { units: 1 }), scope);
  const weight = scope.parameters.list().find(({ path }) => path === "dense/weight")!;
  elements(weight.value).fill(127);
  const signals = opened(network.layer)(batch(tensor(new Float32Array(4).fill(127), [1, 1, 1, 4])));
  const out = outcome(signals);
  const back = pulledBack(out, tensor(Float32Array.of(127), [1, 1, 1, 1]));
  return { y: numbers(out.x)[0], overflows: only("Overflow")([...signals, ...back]) };
};

const told = ({ product, overflows, sums }: Overflow) => `${product} ${overflows}/${sums}`;

test("sums are exact without one", () => {
  assert.equal(run(undefined), { y: 4 * 127 * 127, overflows: [] });
});

test("a narrow one wraps or saturates, and tells which sums did not fit", () => {
  const wrapped = run({ bits: 16, overflow: "wrap", backward: false });
  assert.is(wrapped.y, 4 * 127 * 127 - 65536);
  assert.equal(wrapped.overflows.map(told), ["Forward 1/1"]);
  assert.is(run({ bits: 16, overflow: "saturate", backward: false }).y, 32767);
});

test("backward products stay exact unless they are asked for", () => {
  const { overflows } = run({ bits: 12, overflow: "wrap", backward: true });
  assert.equal(overflows.map(told), ["Forward 1/1", "BackwardWeight 4/4", "BackwardInput 4/4"]);
  assert.ok(overflows.every(({ site, step }) => site === "dense" && step === 0));
});

const among = (
  backward: boolean,
  at: Role,
  special: Projection | WeightTransform,
  bits = 8,
): readonly string[] =>
  refusals(
    quantized(dense)("dense", { units: 1 }),
    testScope({
      hooks: narrowAccumulator({ bits: 16, overflow: "wrap", backward }),
      quantizer: (site, role) => ({
        ...quantizing(inHindsight(), { bits })(site, role),
        ...(role === at && ("project" in special ? { projection: special } : { transform: special })),
      }),
    }),
  );

test("a quantizer whose products are float32 is refused where they would be summed in one, when the network is built", () => {
  for (const [role, site] of [
    ["weight", "weight"],
    ["activation", "input"],
  ] as const)
    assert.equal(among(false, role, muLaw()), [
      `dense/${site}: the quantizer muLaw with an accumulator of 16 bits, expected a quantizer whose products are integers, because an accumulator sums only those; use the quantizer uniform there, give the site 32 bits with --bits-at, or leave out --accumulator.`,
    ]);
  assert.match(among(true, "gradient", luq())[0]!, /^dense\/gradient: the quantizer luq with an accumulator/);
});

test("it is not where nothing is summed in one: backward products that stay exact, 32 bits, and integers", () => {
  assert.equal(among(false, "gradient", luq()), []);
  assert.equal(among(true, "weight", muLaw(), 32), []);
  for (const bits of [2, 7]) assert.equal(among(true, "gradient", dorefaGradients(), bits), []);
  for (const bits of [2, 7, 8, 32]) assert.equal(among(true, "weight", sat(), bits), []);
  assert.is(among(true, "gradient", dorefaGradients(), 8).length, 1);
  assert.is(among(false, "weight", sat({ grid: "original" }), 8).length, 1);
});

test("those that are integers at some widths say at which", () => {
  const { integerBits } = dorefaGradients();
  for (let bits = 2; bits <= 8; bits++) {
    assert.is(
      projectedBy(dorefaGradients(), [1], { bits }).integers !== undefined,
      integerBits?.includes(bits),
    );
    for (const grid of ["auto", "modified", "original", "centered"] as const) {
      const { integers } = sat({ grid }).transform(Float32Array.of(1, -1), { bits, outputs: 1 });
      assert.is(integers !== undefined, sat({ grid }).integerBits.includes(bits), `${grid}, ${bits} bits`);
    }
  }
});

test.run();
