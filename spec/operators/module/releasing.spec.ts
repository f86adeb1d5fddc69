/** @file Gradients that come in memory and release something, to layers that read them more than once: nobody reads what is gone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { simd } from "../../../core/engines/simd/engine.ts";
import type { Role } from "../../../core/signal.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { constantRate } from "../../../operators/training/schedule.ts";
import { sgd } from "../../../operators/training/sgd.ts";
import { defaultQuantizer } from "../../../quantizers/defaultQuantizer.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import type { Quantizer } from "../../../quantizers/quantizer.ts";
import { withProjection } from "../../../quantizers/withProjection.ts";
import { elements } from "../../support/elements.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, opened, testScope } from "../../support/testScope.ts";

const test = suite("gradients that release, and are read more than once");

const usual = defaultQuantizer();
const percentiles = { name: "percentile", estimator: percentile({ low: 1, high: 99 }) };

const quantizer = (site: string, role: Role): Quantizer => {
  const itsUsual = usual(site, role);
  if (site === "projected") return withProjection(itsUsual, psq());
  return site === "measured" ? { ...itsUsual, estimator: percentiles } : itsUsual;
};

/** Parameters after three steps of a network with `reader` in front of `maker`. */
const trained = (engine: Engine, reader: Module, maker: Module): readonly (readonly number[])[] => {
  const conv = (name: string): Module => quantized(conv2d)(name, { outChannels: 4, kernel: 3, padding: 1 });
  const network = sequential(
    conv("first"),
    conv("second"),
    reader,
    maker,
    quantized(dense)("dense", { units: 3 }),
    crossEntropy(),
    sgd({ rate: constantRate(0.1) }),
  );
  const scope = testScope({ engine, shape: [12, 12, 2], quantizer });
  const run = opened(built(network, scope).layer);
  for (let step = 0; step < 3; step++) {
    engine.beginStep();
    run(batch(gaussian([4, 12, 12, 2], `batch ${step}`), { step, target: Int32Array.of(0, 1, 2, 0) }));
  }
  return scope.parameters.list().map(({ value }) => [...elements(value)]);
};

const readers: Readonly<Record<string, Module>> = {
  batchNorm: batchNorm("norm"),
  residual: residual(quantized(conv2d)("third", { outChannels: 4, kernel: 3, padding: 1 })),
  "a site that measures": quantize({ gradient: "measured" }),
};

for (const [name, reader] of Object.entries(readers)) {
  test(`${name} in front of flatten: as without it, since a dense layer takes images as well`, () => {
    const expected = trained(reference(), reader, identity());
    for (const engine of [reference(), simd()]) assert.equal(trained(engine, reader, flatten()), expected);
  });

  test(`${name} in front of a gradient that was projected: the bits of the reference`, () => {
    const projected = quantize({ gradient: "projected" });
    assert.equal(trained(simd(), reader, projected), trained(reference(), reader, projected));
  });
}

test.run();
