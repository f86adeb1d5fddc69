import { lastValueFrom, map, range } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Engine } from "../../../core/engine.ts";
import { reference } from "../../../core/engines/reference/engine.ts";
import { type Expr, ofTensor } from "../../../core/expr.ts";
import { isInBlocks, isInteger, type Product } from "../../../core/product.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { concat } from "../../../operators/layers/concat.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { multiheadAttention } from "../../../operators/layers/multiheadAttention.ts";
import { averagePool, maxPool } from "../../../operators/layers/pool.ts";
import { relu } from "../../../operators/layers/relu.ts";
import { beginStep } from "../../../operators/module/build.ts";
import { identity } from "../../../operators/module/identity.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { quantizeNetwork } from "../../../operators/sites/quantizeNetwork.ts";
import { layer } from "../../../operators/step/op.ts";
import { settingsInForce } from "../../../pipelines/recipes/settingsInForce.ts";
import type { ProductEvent } from "../../../pipelines/runs/events.ts";
import { network } from "../../../pipelines/runs/network.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { partsOf as partsOfRun } from "../runs.ts";

const test = suite("products");

const kinds = ["forward", "input gradient", "weight gradient"] as const;

/** What a product is told as. */
const kindOf = (product: Product): ProductEvent["product"] => {
  switch (product._tag) {
    case "Forward":
      return "forward";
    case "BackwardInput":
      return "input gradient";
    case "BackwardWeight":
      return "weight gradient";
    case "MatMul":
      if (!product.isBackward) return "forward";
      return product.transposed === "a" ? "weight gradient" : "input gradient";
  }
};

type Counts = Readonly<Record<string, readonly [integer: number, float32: number, blocks?: number]>>;

/** Network that trains with some settings, or one of a user's, and its data. */
const trainedBy = async (wanted: Partial<Settings>, engine: Engine, own?: Module) => {
  const settings = await settingsInForce({ ...wanted, limit: 4, testLimit: 1 });
  const parts = await partsOfRun(settings, () => ["conv1", "dense3"]);
  const experiment = own ? { ...parts.experiment, network: own } : parts.experiment;
  return { ...network({ ...parts, experiment, engine, history: () => [] }), batch: parts.data.blank(2) };
};

/** An expression, and those that its stages read. */
const partsOf = (x: Expr): readonly Expr[] => [
  x,
  ...x.stages.flatMap((stage) => ("other" in stage ? partsOf(stage.other) : [])),
];

/** Products that a run reports, and those that its engine multiplies in its second training step. */
const both = async (
  wanted: Partial<Settings>,
  own?: Module,
): Promise<readonly [said: Counts, done: Counts]> => {
  const seen = new Set<Product>();
  const host = reference();
  const engine: Engine = {
    ...host,
    run: (x: Expr, sinks) => {
      for (const part of [x, sinks.channelSums?.of].flatMap((one) => (one ? partsOf(one) : [])))
        if (part.source._tag === "Product") seen.add(part.source.product);
      return host.run(x, sinks);
    },
    accumulate: (product) => {
      seen.add(product);
      return host.accumulate(product);
    },
  };
  const { layer, products, batch } = await trainedBy(wanted, engine, own);
  const waves = { ...batch, x: batch.x.map((_, i) => Math.sin(i)) };
  const steps$ = range(0, 2).pipe(
    map((step) => {
      // What is learned has its first value from the first batch, and a gradient from the second on.
      seen.clear();
      return beginStep(engine, waves, { step, training: true });
    }),
  );
  await lastValueFrom(steps$.pipe(layer));
  const said = products.map(({ product, integer, float32, blocks }) => [
    product,
    [integer.length, float32.length, ...(blocks ? [blocks.length] : [])],
  ]);
  const done = kinds.map((product) => {
    const these = [...seen].filter((one) => kindOf(one) === product);
    const integer = these.filter(isInteger).length;
    const blocks = these.filter(isInBlocks).length;
    return [product, [integer, these.length - integer - blocks, ...(blocks > 0 ? [blocks] : [])]];
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
  [
    { recipe: "mx:element=int" },
    { forward: [0, 0, 5], "input gradient": [0, 0, 4], "weight gradient": [0, 0, 5] },
  ],
  [
    { recipe: "mx:element=int", firstBits: "32/32/32", bitsAt: ["dense2/gradient=32"] },
    { forward: [0, 1, 4], "input gradient": [0, 1, 3], "weight gradient": [0, 2, 3] },
  ],
] as const)
  test(`as many in integers and in float32 as there are: ${JSON.stringify(wanted)}`, async () => {
    const [said, done] = await both(wanted as Partial<Settings>);
    assert.equal(said, done);
    assert.equal(done, counts);
  });

for (const activationQuantizer of ["lsq", "pact", "cgPact", "lbt"])
  test(`learned ranges of the first input take its gradient: ${activationQuantizer}`, async () => {
    const [said, done] = await both({ activationQuantizer });
    assert.equal(said, done);
    assert.equal(done["input gradient"], [5, 0]);
  });

const patches = quantized(conv2d)("patches", { outChannels: 8, kernel: 7, stride: 7 });
const attentive = sequential(
  patches,
  multiheadAttention("attention", { heads: 2 }),
  quantized(dense)("dense1", { units: 10 }),
);

for (const [wanted, counts] of [
  [{}, { forward: [8, 0], "input gradient": [7, 0], "weight gradient": [8, 0] }],
  [
    { bitsAt: ["*/scores/gradient=32"] },
    { forward: [8, 0], "input gradient": [6, 1], "weight gradient": [7, 1] },
  ],
  [
    { bitsAt: ["*/context/other=32"] },
    { forward: [7, 1], "input gradient": [6, 1], "weight gradient": [8, 0] },
  ],
  [{ gradientQuantizer: "luq" }, { forward: [8, 0], "input gradient": [0, 7], "weight gradient": [0, 8] }],
  [
    { recipe: "mx:element=int" },
    { forward: [0, 2, 6], "input gradient": [0, 2, 5], "weight gradient": [0, 2, 6] },
  ],
] as const)
  test(`as many in attention: ${JSON.stringify(wanted)}`, async () => {
    const [said, done] = await both(wanted as Partial<Settings>, attentive);
    assert.equal(said, done);
    assert.equal(done, counts);
  });

const conv = { outChannels: 4, kernel: 3, stride: 2 };
const classes = quantized(dense)("dense1", { units: 10 });
const beside = (name: string): Module => quantized(conv2d)(name, conv);
/** A layer of a user that reads its gradient. */
const own = (): Module =>
  layer("own", () => ({
    options: {},
    forward: (x) => ({ y: x, save: undefined }),
    backward: function* (dy, _, ctx) {
      return { dx: ofTensor(yield* ctx.store(dy)) };
    },
  }));

for (const [name, made, counts] of [
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
  [
    "sites of other names, also in front of branches and an identity",
    sequential(
      ...[beside("conv1"), quantize({ activation: "levels" }), identity()],
      ...[concat(conv2d("conv2", conv), conv2d("conv3", conv)), relu(), flatten()],
      ...[quantize({ activation: "flat" }), dense("dense1", { units: 10 }), quantize({ gradient: "error" })],
    ),
    { forward: [4, 0], "input gradient": [1, 2], "weight gradient": [2, 2] },
  ],
  [
    "sites with the names of a layer, but a rectifier in between",
    sequential(
      ...[beside("conv1"), quantize({ activation: "conv2/input" }), relu(), conv2d("conv2", conv)],
      ...[relu(), quantize({ gradient: "conv2/gradient" }), flatten(), classes],
    ),
    { forward: [2, 1], "input gradient": [1, 1], "weight gradient": [2, 1] },
  ],
  [
    "rules within the network",
    quantizeNetwork(sequential(beside("conv1"), relu(), classes), [{ gradient: { quantizer: luq() } }]),
    { forward: [2, 0], "input gradient": [0, 1], "weight gradient": [0, 2] },
  ],
  [
    "reshaped first, where nothing uses the gradient",
    sequential(flatten(), relu(), classes),
    { forward: [1, 0], "input gradient": [0, 0], "weight gradient": [1, 0] },
  ],
  [
    "pooled first",
    sequential(maxPool({ size: 2 }), averagePool({ size: 2 }), beside("conv1"), relu(), classes),
    { forward: [2, 0], "input gradient": [1, 0], "weight gradient": [2, 0] },
  ],
  [
    "normalized first",
    sequential(batchNorm("norm"), beside("conv1"), relu(), classes),
    { forward: [2, 0], "input gradient": [2, 0], "weight gradient": [2, 0] },
  ],
  [
    "branches first",
    sequential(concat(beside("conv1"), sequential(relu(), beside("conv2"))), relu(), classes),
    { forward: [3, 0], "input gradient": [1, 0], "weight gradient": [3, 0] },
  ],
  [
    "branches behind a convolution",
    sequential(beside("conv1"), concat(beside("conv2"), sequential(beside("conv3"), relu())), classes),
    { forward: [4, 0], "input gradient": [3, 0], "weight gradient": [4, 0] },
  ],
  [
    "a layer of one's own first",
    sequential(own(), beside("conv1"), relu(), classes),
    { forward: [2, 0], "input gradient": [2, 0], "weight gradient": [2, 0] },
  ],
  [
    "a gradient site first",
    sequential(quantize({ gradient: "start" }), beside("conv1"), relu(), classes),
    { forward: [2, 0], "input gradient": [2, 0], "weight gradient": [2, 0] },
  ],
] as const)
  test(`of a user's network: ${name}`, async () => {
    const [said, done] = await both({}, made);
    assert.equal(said, done);
    assert.equal(done, counts);
    const [saidOfBlocks, ofBlocks] = await both({ recipe: "mx:element=int" }, made);
    assert.equal(saidOfBlocks, ofBlocks);
  });

test("groups of channels are multiplied in float32 where others are in blocks", async () => {
  const made = sequential(beside("conv1"), quantized(conv2d)("conv2", { ...conv, groups: 2 }), classes);
  const [said, done] = await both({ recipe: "mx:element=int" }, made);
  assert.equal(said, done);
  assert.equal(done, { forward: [0, 1, 2], "input gradient": [0, 1, 1], "weight gradient": [0, 1, 2] });
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
