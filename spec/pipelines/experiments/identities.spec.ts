import * as E from "fp-ts/lib/Either.js";
import { map, Observable } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { named } from "../../../core/named.ts";
import { batchNorm } from "../../../operators/layers/batchNorm.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { dense } from "../../../operators/layers/dense.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import * as layers from "../../../operators/layers/index.ts";
import { clip, relu } from "../../../operators/layers/relu.ts";
import { residual } from "../../../operators/layers/residual.ts";
import { scaled } from "../../../operators/layers/scaled.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { evaluateLoss } from "../../../operators/losses/evaluateLoss.ts";
import { identity } from "../../../operators/module/identity.ts";
import { onActivation } from "../../../operators/module/layer.ts";
import type { Module } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { quantizeNetwork } from "../../../operators/sites/quantizeNetwork.ts";
import { optimizer } from "../../../operators/training/optimizer.ts";
import { type Optimizer, optimizers } from "../../../operators/training/optimizers.ts";
import { hostRule } from "../../../operators/training/updateRule.ts";
import { glyphs } from "../../../pipelines/data/glyphs.ts";
import type { Experiment, ExperimentParts } from "../../../pipelines/experiments/experiment.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";
import { failureOf } from "../../support/failureOf.ts";
import { variants } from "./layerVariants.ts";
import { idOf, imagesWith, network, sumsWith, withFactor } from "./networks.ts";
import { eventsOf, sums } from "./sums.ts";

const test = suite("experiments in code: identities");

/** Hooks and their makers, which stand in no network. */
const noLayers: readonly string[] = ["behindProducts", "narrowAccumulator", "normalization"];

test("every layer with every option makes another run, and the same one each time", async () => {
  const exported = Object.keys(layers).filter((name) => !noLayers.includes(name));
  assert.equal(Object.keys(variants).sort(), exported.sort());
  const around = (module: Module): Experiment =>
    imagesWith(
      sequential(conv2d("stem", { outChannels: 16, kernel: 1 }), module, dense("end", { units: 2 })),
    );
  const ids = new Map<string, string>();
  for (const [name, modules] of Object.entries(variants))
    for (const [i, module] of modules.entries()) {
      const id = await idOf(around(module));
      assert.is(ids.get(id), undefined, `${name} ${i}`);
      ids.set(id, `${name} ${i}`);
      assert.is(await idOf(around(module)), id);
    }
});

test("values that functions capture, and options of layers, are parts of the identity", async () => {
  for (const [what, changed] of Object.entries(withFactor)) {
    const [a, b, again] = [1, 2, 1].map((factor) => sumsWith(changed(factor))) as [
      Experiment,
      Experiment,
      Experiment,
    ];
    assert.is.not(await idOf(a), await idOf(b), what);
    assert.is(await idOf(a), await idOf(again), what);
  }
});

test("networks that differ in structure alone are different runs", async () => {
  const bare =
    (factor: number): Module =>
    ({ shape }) =>
      E.right({ shape, ...onActivation((activation) => (factor > 0 ? activation : { ...activation })) });
  const mute: Module = ({ shape }) => E.right({ shape, ...onActivation((activation) => activation) });
  const networks: readonly Module[] = [
    network([relu(), scaled(2)]),
    network([scaled(2), relu()]),
    network([residual(sequential(relu(), scaled(2)))]),
    network([relu(), residual(scaled(2))]),
    network([residual(relu(), scaled(2))]),
    network([residual(scaled(2), relu())]),
    network([residual(relu()), scaled(2)]),
    network([relu(), scaled(2), bare(1)]),
    network([relu(), scaled(2), mute]),
    network([relu(), mute, scaled(2)]),
    network([relu(), scaled(2)], conv2d("conv", { outChannels: 2, kernel: 3 })),
    network([batchNorm("norm")]),
    network([batchNorm("norm", { epsilon: 1e-3 })]),
    network([batchNorm("norm", { decay: 0.99 })]),
    network([clip(-1, 1)]),
    network([clip(-0, 1)]),
    network([clip(0, 1)]),
    network([]),
    network([identity()]),
  ];
  const ids = await Promise.all(networks.map((module) => idOf(imagesWith(module))));
  assert.is(new Set(ids).size, networks.length);
  const grouped = network([sequential(relu(), scaled(2))]);
  assert.is(await idOf(imagesWith(grouped)), ids[0], "sequential groups nothing");
});

test("rules of a part of a network are parts of the identity, with what their functions capture", async () => {
  const widened = (factor: number): RangeEstimator =>
    named("mine", (observed$) =>
      observed$.pipe(map(({ min, max }) => ({ lo: factor * min, hi: factor * max }))),
    );
  const rules: readonly Rule[] = [
    { weight: { bits: 4 } },
    { weight: { bits: 3 } },
    { gradient: { rounding: "nearest" } },
    { gradient: { range: widened(2) } },
    { gradient: { range: widened(3) } },
  ];
  const idWith = (rule: Rule) => idOf(imagesWith(quantizeNetwork(network([]), [rule])));
  const ids = await Promise.all([idOf(imagesWith(network([]))), ...rules.map(idWith)]);
  assert.is(new Set(ids).size, 6);
  assert.is(await idWith({ gradient: { range: widened(3) } }), ids[5]);
});

test("losses and optimizers of one's own are known by what they do", async () => {
  const square = (factor: number) =>
    named(
      "mine",
      evaluateLoss(() => ({
        refuses: () => undefined,
        metrics: [],
        evaluate: (output) => ({
          loss: factor,
          metrics: {},
          gradient: new Float32Array(output.size).fill(factor),
        }),
      })),
    );
  const mine = (momentum: number): Optimizer => ({ ...optimizers.sgd({ momentum }), name: "mine" });
  const fixed = (rate: number): Optimizer => ({
    name: "mine",
    make: () => optimizer(hostRule({ state: {}, update: () => {} }), { rate: () => rate }),
  });
  const decaying = (least: number): Partial<ExperimentParts> => ({
    optimizer: optimizers.sgd({ weightDecay: 0.1, decays: ({ value }) => value.size > least }),
  });
  const slower = (factor: number, least = 4): Partial<ExperimentParts> => ({
    optimizer: optimizers.sgd({
      scaling:
        () =>
        ({ value }) =>
          value.size > least ? factor : 1,
    }),
  });
  const pairs: readonly (readonly [Partial<ExperimentParts>, Partial<ExperimentParts>])[] = [
    [{ loss: square(1) }, { loss: square(2) }],
    [{ optimizer: mine(0.5) }, { optimizer: mine(0.6) }],
    [{ optimizer: fixed(1) }, { optimizer: fixed(2) }],
    [decaying(4), decaying(20)],
    [slower(0), slower(0.5)],
    [slower(0.5), slower(0.5, 20)],
    [
      { loss: sequential(scaled(1), crossEntropy()), data: glyphs({ train: 20, test: 10 }) },
      { loss: sequential(scaled(2), crossEntropy()), data: glyphs({ train: 20, test: 10 }) },
    ],
  ];
  for (const [a, b] of pairs) assert.is.not(await idOf(sumsWith(a)), await idOf(sumsWith(b)));
  for (const [a] of pairs) assert.is(await idOf(sumsWith(a)), await idOf(sumsWith({ ...a })));
});

test("what cannot be called with fixed numbers is no reason to refuse a run, and other data make other ones", async () => {
  const shy = sumsWith({
    metrics: [
      {
        name: "shy",
        better: "lower",
        evaluate: (_output, target) => {
          if (target instanceof Int32Array) throw new Error("not this one");
          return 1;
        },
      },
    ],
  });
  assert.is((await eventsOf(shy)).at(-1)?.event, "done");
  assert.is(await idOf(shy), await idOf(shy));
  assert.is.not(await idOf(shy), await idOf({ ...shy, data: sums(200, 0.1) }));
});

test("what images are normalized with is a part of it", async () => {
  const data = glyphs({ train: 64, test: 16 });
  const madeOf = (normalization: object): Experiment => ({
    ...imagesWith(sequential(flatten(), dense("output", { units: 10 }))),
    data: { ...data, ...normalization },
  });
  const ids = [{}, { mean: [0] }, { std: [1] }, { mean: [0], std: [1] }].map((own) => idOf(madeOf(own)));
  assert.is(new Set(await Promise.all(ids)).size, 4);
  assert.is(await idOf(madeOf({ mean: data.mean, std: data.std })), await ids[0]);
});

test("an estimator that emits without end is looked at for a while, and refused when the run begins", async () => {
  let emitted = 0;
  const floods: RangeEstimator = () =>
    new Observable((ranges) => {
      while (!ranges.closed && emitted < 2 ** 22) {
        emitted++;
        ranges.next({ lo: -1, hi: 1 });
      }
    });
  const flooded = sumsWith({ quantization: [{ at: "*", activation: { range: floods } }] });
  await idOf(flooded);
  assert.is(emitted, 64);
  assert.match(await failureOf(eventsOf(flooded)), /ranges ahead of its tensors/);
});

test.run();
