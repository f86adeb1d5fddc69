/** @file Every quantizer of the catalogue, in every role that it has, takes every kind of tensor of docs/methods.md section 0. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../core/errors.ts";
import type { Role, Signal } from "../../core/signal.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { dense } from "../../operators/layers/dense.ts";
import type { Module } from "../../operators/module/module.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { type Quantizer, quantizerFor } from "../../quantizers/quantizer.ts";
import { sameBits } from "../support/close.ts";
import { elements } from "../support/elements.ts";
import { filled, row } from "../support/tensors.ts";
import {
  batch,
  built,
  gradientsOf,
  numbers,
  only,
  opened,
  outcome,
  pulledBack,
  seenOf,
  testScope,
} from "../support/testScope.ts";

const test = suite("odd tensors through every quantizer");

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

/** Tensors of four channels, and the fault that tells of each, if any. */
const odd: Readonly<Record<string, readonly [x: Tensor, fault?: string]>> = {
  empty: [tensor(new Float32Array(0), [0, 1, 1, 4]), "EmptyTensor"],
  zero: [row(0, -0, 0, 0), "ZeroTensor"],
  "NaN in front": [row(nan, -1, 3, 0.5), "NonFiniteTensor"],
  "NaN in its midst": [row(0.5, -1, nan, 3), "NonFiniteTensor"],
  infinity: [row(-1, infinity, 3, -infinity), "NonFiniteTensor"],
  "nothing but NaN": [row(nan, nan, nan, nan), "NonFiniteTensor"],
  constant: [row(3, 3, 3, 3)],
  "constant and negative": [row(-3, -3, -3, -3)],
  tiny: [row(2e-20, -1e-20, 1e-20, 0)],
  huge: [row(2e30, -1e30, 1e30, 0)],
};

const usual = row(0.5, -0.3, 0.2, 0.7);

/** The quantizer with 4 bits, or with those that it has. */
const quantizerOf = (text: string, role: Role): Quantizer => {
  const found = parseQuantizer("spec")(text);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  const chosen = (bits: number): Quantizer =>
    found.right.choose(quantizerFor(role, bits, { name: "inHindsight", estimator: inHindsight() }), role);
  const [other] = chosen(4).projection?.bits?.filter((_, __, all) => !all.includes(4)) ?? [];
  return chosen(other ?? 4);
};

/** Outcome of a step: signals of both ways, what became of the tensor, and the gradient that came back. */
interface Step {
  readonly signals: readonly Signal[];
  readonly values: Float32Array;
  readonly back: Float32Array;
}

const modules: Readonly<Record<Role, Module>> = {
  activation: quantize({ activation: "x" }),
  gradient: quantize({ gradient: "x" }),
  // Multiplied with the rows of the identity, weights come out one by one.
  weight: dense("x", { units: 1, bias: false }),
};
const identity = filled([4, 1, 1, 4], (i) => (i % 5 === 0 ? 1 : 0));

/** One site of a role, and everything else in float32. */
const siteOf = (text: string, role: Role): ((x: Tensor, step: number) => Step) => {
  const scope = testScope({
    shape: [1, 1, 4],
    quantizer: (_site, at) => ({
      ...quantizerOf(at === role ? text : "uniform", at),
      ...(at !== role && { bits: 32 }),
    }),
  });
  const run = opened(built(modules[role], scope).layer);
  const weight = scope.parameters.list().find(({ kind }) => kind === "weight");
  return (x, step) => {
    let back = new Float32Array(0);
    if (weight) elements(weight.value).set(elements(x));
    const input = weight ? identity : x;
    const forward = run(
      batch(role === "gradient" ? filled(x.shape, () => 1) : input, {
        step,
        pullback: (dx) => {
          back = Float32Array.from(numbers(dx));
        },
      }),
    );
    const out = outcome(forward);
    const values = Float32Array.from(numbers(out.x));
    const emitted = pulledBack(out, role === "gradient" ? x : filled(out.x.shape, () => 1));
    return { signals: [...forward, ...emitted], values: role === "gradient" ? back : values, back };
  };
};

/** Whether zeros stay zeros: not where levels are learned one by one, of which none has to be 0. */
const keepsZeros = (name: string, role: Role): boolean => name !== "directQuantization" || role !== "weight";

for (const { name, roles } of quantizerCatalogue)
  for (const role of roles)
    for (const [kind, [x, fault]] of Object.entries(odd)) {
      if (role === "weight" && x.size === 0) continue;
      test(`${name} of ${role}s, ${kind}`, () => {
        const { signals, values, back } = siteOf(name, role)(x, 0);
        assert.equal(
          only("Fault")(signals).map((told) => told.kind),
          fault ? [fault] : [],
        );
        assert.is(values.length, x.size);
        if (kind === "zero" && keepsZeros(name, role))
          assert.ok(
            values.every((v) => v === 0),
            `zeros became ${values}`,
          );
        assert.ok(values.every(Number.isFinite), `it became ${values}`);
        assert.ok(back.every(Number.isFinite), `the gradient is ${back}`);
        for (const { gradient } of gradientsOf(signals))
          assert.ok(
            elements(gradient).every(Number.isFinite),
            `a parameter's gradient is ${elements(gradient)}`,
          );
        for (const before of [[], [usual]]) {
          const [run, without] = [siteOf(name, role), siteOf(name, role)];
          for (const each of [run, without]) before.forEach(each);
          run(x, 1);
          const [after, alone] = [run(usual, 2), without(usual, 2)];
          assert.is(seenOf(after.signals)[0]!.verdict, "observed");
          assert.ok(after.values.every(Number.isFinite), `the next tensor became ${after.values}`);
          if (fault) sameBits(after.values, alone.values, "without a trace, element");
        }
      });
    }

test.run();
