/** @file A network built by hand takes rules: which bits its sites get, and which rules it cannot be built with. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lenet5 } from "../../../models/lenet5.ts";
import { mobileNetV2 } from "../../../models/mobileNetV2.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { flatten } from "../../../operators/layers/flatten.ts";
import { constrained } from "../../../operators/losses/constrained.ts";
import type { Module, Scope } from "../../../operators/module/module.ts";
import { sequential } from "../../../operators/module/sequential.ts";
import { layerPaths } from "../../../operators/sites/layerPaths.ts";
import { quantized } from "../../../operators/sites/quantized.ts";
import { quantizeNetwork } from "../../../operators/sites/quantizeNetwork.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import type { Quantizer } from "../../../quantizers/quantizer.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";
import { built, refusals, testScope } from "../../support/testScope.ts";

const test = suite("quantizeNetwork");

const images = { shape: [28, 28, 1] } as const;
const network = lenet5({ classes: 10 });

/** The module, which writes down the quantizer of every site in its scope. */
const noting = (module: Module, into: Map<string, Quantizer>): Module => {
  const note =
    (of: Scope["quantizer"]): Scope["quantizer"] =>
    (site, role) => {
      const quantizer = of(site, role);
      into.set(site, quantizer);
      return quantizer;
    };
  return (scope) =>
    module({
      ...scope,
      quantizer: note(scope.quantizer),
      weightGradient: scope.weightGradient && note(scope.weightGradient),
    });
};

const quantizersOf = (module: Module, rules: readonly Rule[], scope: Partial<Scope> = images) => {
  const found = new Map<string, Quantizer>();
  built(quantizeNetwork(noting(module, found), rules), testScope(scope));
  return (site: string): Quantizer => found.get(site) as Quantizer;
};

const refused = (rules: readonly Rule[], module: Module = network): readonly string[] =>
  refusals(quantizeNetwork(module, rules), testScope(images));

test("sites have the bits of the last rule that says some, first and last layer included", () => {
  const of = quantizersOf(network, [
    { weight: { bits: 4 }, activation: { bits: 4, quantizer: lsq() }, gradient: { bits: 5 } },
    { layer: "first", weight: { bits: 32 }, activation: { bits: 32 }, gradient: { bits: 32 } },
    { layer: "last", weight: { bits: 6 } },
    { at: "conv2/*", weight: { bits: 3, granularity: "channel" } },
  ]);
  assert.equal(
    [
      "conv1/weight",
      "conv1/gradient",
      "conv2/weight",
      "dense1/weight",
      "dense3/weight",
      "dense3/gradient",
    ].map((site) => of(site).bits),
    [32, 32, 3, 4, 6, 5],
  );
  assert.equal([of("conv2/weight").granularity, of("conv2/input").learned?.name], ["channel", "lsq"]);
});

test("whatever the scope says that the network is built in, only rules count", () => {
  const of = quantizersOf(network, [{ gradient: { bits: 5 } }], {
    ...images,
    quantizer: () => {
      throw new Error("asked");
    },
  });
  assert.equal([of("conv2/weight").bits, of("conv2/gradient").bits], [8, 5]);
});

test("rules make second copies of gradients where one has a plan for them", () => {
  const of = quantizersOf(network, [
    { gradient: { bits: 5, quantizer: psq() }, weightGradient: { bits: 8 } },
    { at: "conv2/weightGradient", weightGradient: { bits: 6 } },
  ]);
  assert.equal(
    ["conv1/gradient", "conv1/weightGradient", "conv2/weightGradient"].map((site) => of(site).bits),
    [5, 8, 6],
  );
});

test("the float32 copy under a constraint stays what it is", () => {
  const under = constrained(network, { constraint: { bound: 1, rate: 0.01, period: 1 } });
  const of = quantizersOf(under, [{ weight: { bits: 4 } }]);
  assert.is(of("conv1/weight").bits, 4);
});

test("a rule that matches no site is refused once, with the sites nearest to it", () => {
  assert.equal(refused([{ at: "cnv1/*", weight: { bits: 4 }, gradient: { bits: 4, scheme: "symmetric" } }]), [
    'quantization[0]: "cnv1/*", which matches no site, expected a pattern that matches a site; the nearest are conv1/input, conv1/weight, conv1/gradient.',
  ]);
});

test("a network without sites says so", () => {
  assert.equal(refused([{ weight: { bits: 4 } }], flatten()), [
    'quantization[0]: "*", which matches no site, expected a pattern that matches a site; the network has none.',
  ]);
});

test("what later rules overrule, what has no use, and what holds anyway is refused, all at once", () => {
  assert.equal(
    refused([
      { weight: { bits: 4 }, activation: { bits: 32, rounding: "stochastic" } },
      { at: "conv1/*", weight: { bits: 4 } },
      { at: "conv2/*", weight: { bits: 3 }, gradient: { bits: 6 } },
      { at: "conv*", weight: { bits: 5 } },
      { at: "conv1/weight", gradient: { bits: 4 } },
    ]).map((sentence) => sentence.replace(/, expected .*/, "")),
    [
      "quantization[0].activation.rounding: stochastic, which has no effect in this network",
      "quantization[1].weight.bits: 4, which has no effect in this network",
      "quantization[2].weight.bits: 3, which has no effect in this network",
      "quantization[4].gradient.bits: 4, which has no effect in this network",
    ],
  );
  assert.equal(refused([{ weight: { bits: 4 } }, { layer: "last", weight: { bits: 4 } }]), [
    "quantization[1].weight.bits: 4, which already holds without this rule, expected a value that earlier rules and the defaults do not give; leave it out.",
  ]);
  assert.equal(
    refused([{ at: "conv1/*", gradient: { range: { name: "inHindsight", estimator: (x) => x as never } } }]),
    [
      "quantization[0].gradient.range: inHindsight, which already holds without this rule, expected a value that earlier rules and the defaults do not give; leave it out.",
    ],
  );
});

test("a rule for all sites may say what holds anyway, and one of a recipe may match nothing", () => {
  assert.equal(
    refused([
      { weight: { bits: 8 } },
      { at: "shortcut/*", weight: { bits: 4 }, recipe: "mine" },
      { layer: "first", weight: { bits: 8 }, recipe: "mine" },
    ]),
    [],
  );
});

test("rules that are wrong wherever they are used, and quantizers that cannot work at a site, are refused", () => {
  assert.equal(refused([{ weight: { bits: 1 } }, { gradient: { bits: 9 } }]).length, 2);
  assert.match(
    refused([{ activation: { quantizer: psq() } }])[0] as string,
    /^conv1\/input: the quantizer psq for activations/,
  );
});

test("layers are known without parameters, and none where a network cannot be built", () => {
  const scope = testScope({ shape: [32, 32, 3] });
  const paths = layerPaths(mobileNetV2({ classes: 2, width: 0.125 }), scope);
  assert.is(scope.parameters.list().length, 0);
  assert.equal(paths.length, new Set(paths).size);
  const two = sequential(quantized(conv2d)("a", { outChannels: 2, kernel: 3 }), flatten());
  assert.equal(layerPaths(two, testScope({ shape: [4, 4, 1] })), ["a"]);
  assert.equal(layerPaths(two, testScope({ shape: [2, 2, 1] })), []);
});

test.run();
