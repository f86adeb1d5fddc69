/** @file A static site right behind a convolution is part of the convolution's last pass, and that is not visible in the bits. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../core/engine.ts";
import { reference } from "../../core/engines/reference/engine.ts";
import { type Expr, ofTensor } from "../../core/expr.ts";
import type { Sinks } from "../../core/pass.ts";
import { key, normal } from "../../core/random.ts";
import { tensor } from "../../core/tensor.ts";
import { conv2d } from "../../operators/layers/conv2d.ts";
import { relu } from "../../operators/layers/relu.ts";
import type { Module } from "../../operators/module/module.ts";
import { sequential } from "../../operators/module/sequential.ts";
import { quantize } from "../../operators/sites/quantize.ts";
import { layer } from "../../operators/step/op.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import type { RangeEstimator } from "../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../quantizers/estimators/inHindsight.ts";
import { elements } from "../support/elements.ts";
import { batch, built, opened, outcome, quantizing, testScope } from "../support/testScope.ts";

const test = suite("fusing");

/** An engine that notes what every pass over a product is asked for. */
const watched = (): { readonly engine: Engine; readonly products: Sinks[] } => {
  const products: Sinks[] = [];
  const engine = reference();
  const run = (x: Expr, sinks: Sinks) => {
    if (x.source._tag === "Product") products.push(sinks);
    return engine.run(x, sinks);
  };
  return { engine: { ...engine, run }, products };
};

/** Writes every activation to memory: what is behind it can no longer fuse with what is in front of it. */
const settled = (): Module =>
  layer("", () => ({
    options: {},
    forward: function* (x, ctx) {
      return { y: ofTensor(yield* ctx.store(x)), save: undefined };
    },
    backward: (dy) => ({ dx: dy }),
  }));

const image = (step: number) =>
  tensor(
    Float32Array.from({ length: 2 * 5 * 5 * 3 }, (_, i) => normal(key(step), i)),
    [2, 5, 5, 3],
  );

const conv = conv2d("conv", { outChannels: 4, kernel: 3, padding: 1, bias: true });

const codesOf = ({ source }: Expr): readonly number[] => {
  assert.is(source._tag, "Codes");
  return source._tag === "Codes" ? [...elements(source.q.codes)] : [];
};

/** The codes of three steps, and the sinks of the passes over products in the last one. */
const ran = (estimator: RangeEstimator, ...modules: readonly Module[]) => {
  const { engine, products } = watched();
  const scope = testScope({ engine, shape: [5, 5, 3], quantizer: quantizing(estimator) });
  const step = opened(built(sequential(...modules), scope).layer);
  const codes = [0, 1, 2].map((n) => {
    products.length = 0;
    const { x } = outcome(step(batch(image(n), { step: n })));
    return codesOf(x);
  });
  return { codes, products: [...products] };
};

test("a static accumulator site takes one pass: the sums are quantized and observed, and never stored", () => {
  const { products } = ran(inHindsight(), quantize({ activation: "x" }), conv, quantize({ activation: "y" }));
  assert.is(products.length, 1);
  assert.ok(products[0]?.quantize);
  assert.ok(products[0]?.observe);
  assert.not(products[0]?.store);
});

test("a dynamic accumulator site stores the sums, and reads them back", () => {
  const { products } = ran(
    currentMinMax(),
    quantize({ activation: "x" }),
    conv,
    quantize({ activation: "y" }),
  );
  assert.is(products.length, 1);
  assert.ok(products[0]?.store);
  assert.not(products[0]?.quantize);
});

test("fused or not, the codes are the same", () => {
  const site = quantize({ activation: "y" });
  const front = quantize({ activation: "x" });
  assert.equal(
    ran(inHindsight(), front, conv, site).codes,
    ran(inHindsight(), front, conv, settled(), site).codes,
  );
  assert.equal(
    ran(inHindsight(), front, conv, settled(), relu(), site).codes,
    ran(inHindsight(), front, conv, settled(), relu(), settled(), site).codes,
  );
});

test.run();
