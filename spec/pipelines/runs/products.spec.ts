import { lastValueFrom, of } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import type { Expr } from "../../../core/expr.ts";
import { isInteger, type Product } from "../../../core/product.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { beginStep } from "../../../operators/module/build.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { settingsInForce } from "../../../pipelines/recipes/settingsInForce.ts";
import type { ProductEvent } from "../../../pipelines/runs/events.ts";
import { network } from "../../../pipelines/runs/network.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { partsOf } from "../runs.ts";

const test = suite("products");

const kinds: Readonly<Record<Product["_tag"], ProductEvent["product"]>> = {
  Forward: "forward",
  BackwardInput: "input gradient",
  BackwardWeight: "weight gradient",
};

type Counts = Readonly<Record<string, readonly [integer: number, float32: number]>>;

/** Network that trains with some settings, or one of a user's, and its data. */
const trainedBy = async (wanted: Partial<Settings>, engine: Engine, own?: Module) => {
  const settings = await settingsInForce({ ...wanted, limit: 4, testLimit: 1 });
  const parts = await partsOf(settings, () => ["conv1", "dense3"]);
  const experiment = own ? { ...parts.experiment, network: own } : parts.experiment;
  return { ...network({ ...parts, experiment, engine, history: () => [] }), batch: parts.data.blank(2) };
};

/** Products that a run reports, and those that its engine multiplies in a training step. */
const both = async (
  wanted: Partial<Settings>,
  own?: Module,
): Promise<readonly [said: Counts, done: Counts]> => {
  const seen = new Set<Product>();
  const host = reference();
  const engine: Engine = {
    ...host,
    run: (x: Expr, sinks) => {
      for (const part of [x, ...x.stages.flatMap((stage) => ("other" in stage ? [stage.other] : []))])
        if (part.source._tag === "Product") seen.add(part.source.product);
      return host.run(x, sinks);
    },
  };
  const { layer, products, batch } = await trainedBy(wanted, engine, own);
  await lastValueFrom(of(beginStep(engine, batch, { step: 0, training: true })).pipe(layer));
  const said = products.map(({ product, integer, float32 }) => [product, [integer.length, float32.length]]);
  const done = Object.entries(kinds).map(([tag, product]) => {
    const these = [...seen].filter(({ _tag }) => _tag === tag);
    const integer = these.filter(isInteger).length;
    return [product, [integer, these.length - integer]];
  });
  return [Object.fromEntries(said), Object.fromEntries(done)];
};

for (const [wanted, counts] of [
  [{}, { forward: [5, 0], "input gradient": [4, 0], "weight gradient": [5, 0] }],
  [{ bits: "8/8/32" }, { forward: [5, 0], "input gradient": [0, 4], "weight gradient": [0, 5] }],
  [{ recipe: "lbt" }, { forward: [3, 2], "input gradient": [3, 1], "weight gradient": [3, 2] }],
  [{ weightGradientBits: 32 }, { forward: [5, 0], "input gradient": [4, 0], "weight gradient": [0, 5] }],
  [
    { weightQuantizer: "muLaw", bitsAt: ["dense2/input=32"] },
    { forward: [0, 5], "input gradient": [0, 4], "weight gradient": [4, 1] },
  ],
  [
    { weightQuantizer: "sat:grid=original" },
    { forward: [0, 5], "input gradient": [0, 4], "weight gradient": [5, 0] },
  ],
  [
    { weightQuantizer: "cpq", gradientQuantizer: "luq" },
    { forward: [5, 0], "input gradient": [0, 4], "weight gradient": [0, 5] },
  ],
  [
    { weightQuantizer: "directQuantization", activationQuantizer: "directQuantization" },
    { forward: [0, 5], "input gradient": [0, 4], "weight gradient": [5, 0] },
  ],
] as const)
  test(`as many in integers and in float32 as there are: ${JSON.stringify(wanted)}`, async () => {
    const [said, done] = await both(wanted as Partial<Settings>);
    assert.equal(said, done);
    assert.equal(done, counts);
  });

const conv = { outChannels: 4, kernel: 3, stride: 2 };

for (const [name, own, counts] of [
  [
    "layers without sites in float32",
    sequential(conv2d("conv1", conv), relu(), flatten(), dense("dense1", { units: 10 })),
    { forward: [0, 2], "input gradient": [0, 1], "weight gradient": [0, 2] },
  ],
  [
    "a dense layer without sites behind a convolution that has them",
    sequential(quantized(conv2d)("conv1", conv), relu(), flatten(), dense("dense1", { units: 10 })),
    { forward: [1, 1], "input gradient": [0, 1], "weight gradient": [1, 1] },
  ],
  [
    "sites that are placed by hand",
    sequential(
      quantize({ activation: "conv1/input" }),
      conv2d("conv1", conv),
      relu(),
      flatten(),
      quantize({ activation: "dense1/input" }),
      dense("dense1", { units: 10 }),
      quantize({ gradient: "dense1/gradient" }),
    ),
    { forward: [2, 0], "input gradient": [1, 0], "weight gradient": [1, 1] },
  ],
] as const)
  test(`of a user's network: ${name}`, async () => {
    const [said, done] = await both({}, own);
    assert.equal(said, done);
    assert.equal(done, counts);
  });

test("their layers are named", async () => {
  const { products } = await trainedBy({ recipe: "lbt" }, reference());
  assert.equal(products[1], {
    product: "input gradient",
    integer: ["conv2", "dense1", "dense2"],
    float32: ["dense3"],
  });
});

test.run();
