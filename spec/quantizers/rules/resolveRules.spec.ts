/** @file Rules as the quantizers of sites: later ones go before earlier ones field by field, and what cannot be has its sentence. */
import * as E from "fp-ts/lib/Either.js";
import type { Observable } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe, RangeflowFailure } from "../../../core/errors.ts";
import type { Range, RangeStat } from "../../../core/range.ts";
import type { Role } from "../../../core/signal.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { estimate, type RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { sat } from "../../../quantizers/learned/sat.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import type { NamedEstimator } from "../../../quantizers/quantizer.ts";
import { checkRules } from "../../../quantizers/rules/checkRules.ts";
import { type ResolvedRules, resolveRules } from "../../../quantizers/rules/resolveRules.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";

const test = suite("resolveRules");

const layers = () => ["conv1", "layer1/conv1", "conv10", "dense"];

const resolved = (...rules: readonly Rule[]): ResolvedRules => {
  const either = resolveRules(rules, { layers });
  if (E.isLeft(either)) throw new Error(either.left.map(describe).join("\n"));
  return either.right;
};

const of = (rules: readonly Rule[]) => {
  const { quantizer } = resolved(...rules);
  return (site: string) => quantizer(site, roleAt(site));
};

const roleAt = (site: string): Role =>
  site.endsWith("weight") ? "weight" : site.endsWith("input") ? "activation" : "gradient";

const refused = (...rules: readonly unknown[]): string => {
  const either = resolveRules(rules as readonly Rule[], { layers });
  return E.isLeft(either) ? either.left.map(describe).join("\n") : "";
};

const running: NamedEstimator = { name: "runningMinMax", estimator: runningMinMax() };
const current: NamedEstimator = { name: "currentMinMax", estimator: currentMinMax() };

test("without rules, weights are symmetric, and gradients stochastic and in hindsight, all with 8 bits", () => {
  const quantizer = of([]);
  const [w, a, g] = [quantizer("c/weight"), quantizer("c/input"), quantizer("c/gradient")];
  assert.equal(
    [w.bits, w.scheme, w.rounding, w.estimator.name],
    [8, "symmetric", "nearest", "currentMinMax"],
  );
  assert.equal([a.bits, a.scheme, a.rounding, a.estimator.name], [8, "affine", "nearest", "inHindsight"]);
  assert.equal([g.bits, g.scheme, g.rounding, g.estimator.name], [8, "affine", "stochastic", "inHindsight"]);
  assert.is(resolved().weightGradient, undefined);
});

test("a later rule goes before an earlier one, field by field", () => {
  const quantizer = of([
    { weight: { bits: 4 }, gradient: { bits: 5, range: running, scheme: "symmetric" } },
    { at: "*/gradient", gradient: { bits: 6 } },
    { at: "conv1/*", gradient: { range: current, rounding: "nearest" }, weight: { granularity: "channel" } },
    { gradient: { range: undefined } as never },
  ]);
  const [one, other] = [quantizer("conv1/gradient"), quantizer("conv10/gradient")];
  assert.equal([one.bits, one.estimator, one.scheme, one.rounding], [6, current, "symmetric", "nearest"]);
  assert.equal([other.bits, other.estimator, other.rounding], [6, running, "stochastic"]);
  assert.equal(
    [quantizer("conv1/weight").granularity, quantizer("conv10/weight").granularity],
    ["channel", "tensor"],
  );
  assert.is(quantizer("conv1/weight").bits, 4);
});

test("the first and the last layer are those of the network, and no other of a longer name", () => {
  const quantizer = of([
    { layer: "first", weight: { bits: 32 } },
    { layer: "last", at: "*/input", activation: { bits: 2 }, weight: { bits: 3 } },
  ]);
  assert.equal(
    ["conv1/weight", "layer1/conv1/weight", "conv10/weight", "dense/weight", "dense/input"].map(
      (site) => quantizer(site).bits,
    ),
    [32, 8, 8, 8, 2],
  );
});

test("layers are asked for once, and only where a rule is for one", () => {
  let asked = 0;
  const counting = () => {
    asked++;
    return layers();
  };
  const ask = (rules: readonly Rule[]) => {
    const either = resolveRules(rules, { layers: counting });
    if (E.isRight(either))
      for (const site of ["conv1/weight", "dense/weight"]) either.right.quantizer(site, "weight");
  };
  ask([{ weight: { bits: 4 } }]);
  assert.is(asked, 0);
  ask([
    { layer: "first", weight: { bits: 4 } },
    { layer: "last", weight: { bits: 4 } },
  ]);
  assert.is(asked, 1);
});

test("a plan for gradients holds for copies that only weights get, unless the same rule says otherwise", () => {
  const { quantizer, weightGradient } = resolved(
    { gradient: { bits: 5, quantizer: psq() }, weightGradient: { bits: 8, range: current } },
    { layer: "last", gradient: { bits: 32 } },
    { at: "conv10/*", gradient: { bits: 4 }, weightGradient: { bits: 6 } },
  );
  const copy = (layer: string) => weightGradient?.(`${layer}/weightGradient`, "gradient");
  assert.equal([copy("conv1")?.bits, copy("conv1")?.projection?.name], [8, "psq"]);
  assert.equal([copy("dense")?.bits, copy("conv10")?.bits], [32, 6]);
  assert.is(quantizer("conv1/gradient", "gradient").bits, 5);
  assert.is(quantizer("conv10/gradient", "gradient").bits, 4);
});

test("a quantizer is a projection, a learned range, a weight transform, or a function", () => {
  const bent = sat();
  const quantizer = of([
    { weight: { quantizer: bent }, activation: { quantizer: lsq() }, gradient: { quantizer: luq() } },
    { at: "conv10/*", weight: { quantizer: (base) => ({ ...base, scheme: "powerNear" }) } },
    { at: "dense/*", gradient: { quantizer: { name: "mine", choose: (base) => ({ ...base, bits: 3 }) } } },
  ]);
  assert.is(quantizer("conv1/weight").transform, bent);
  assert.equal(
    [quantizer("conv1/input").learned?.name, quantizer("conv1/input").rounding],
    ["lsq", "nearest"],
  );
  assert.is(quantizer("conv1/gradient").projection?.name, "luq");
  assert.equal(
    [quantizer("conv10/weight").transform, quantizer("conv10/weight").scheme],
    [undefined, "powerNear"],
  );
  assert.is(quantizer("dense/gradient").bits, 3);
});

test("an estimator may be a function that has a name", () => {
  const fold = runningMinMax();
  const named = Object.defineProperty((range$: Observable<RangeStat>) => fold(range$), "name", {
    value: "fold",
  });
  assert.is(of([{ gradient: { range: named } }])("conv1/gradient").estimator.name, "fold");
  assert.is(
    refused({ gradient: { range: (x: unknown) => x } }),
    'quantization[0].gradient.range: an estimator without a name, expected an estimator with a name: one of Rangeflow\'s, a function that has a name, or { name, estimator }; name it, as estimate({ name: "mine", .. }) or { name: "mine", estimator }.',
  );
});

test("a fold has the name that it is given, alone and in hindsight; a text is no estimator", () => {
  const fold = {
    init: { lo: 0, hi: 0 },
    step: (_: Range, { min, max }: RangeStat) => ({ lo: min, hi: max }),
  };
  const widest = estimate<Range>({ name: "widest", ...fold, read: (range) => range });
  const nameIn = (range: RangeEstimator) => of([{ gradient: { range } }])("conv1/gradient").estimator.name;
  assert.equal([nameIn(widest), nameIn(inHindsight(widest))], ["widest", "inHindsight(widest)"]);
  assert.match(
    refused({ gradient: { range: estimate({ ...fold, read: (range: Range) => range }) } }),
    /name it, as estimate\(\{ name: /,
  );
  assert.match(
    refused({ gradient: { range: "currentMinMax" } }),
    /currentMinMax.*; the estimator itself, such as currentMinMax\(\)/,
  );
});

test("an estimator beside a quantizer that does not ask it is refused where the same rule says both, or a later one at a site", () => {
  assert.is(
    refused({ activation: { range: running, quantizer: lsq() } }),
    "quantization[0].activation.range: the estimator runningMinMax with the quantizer lsq, expected no estimator, because that quantizer has ranges of its own; leave out one of them.",
  );
  assert.match(
    refused({ gradient: { quantizer: psq() }, weightGradient: { range: running } }),
    /^quantization\[0\]\.weightGradient\.range: the estimator runningMinMax with the quantizer psq, expected currentMinMax or none/,
  );
  const quantizer = of([
    { activation: { range: running } },
    { activation: { quantizer: lsq() } },
    { at: "conv1/*", activation: { range: current } },
  ]);
  assert.is(quantizer("dense/input").learned?.name, "lsq");
  assert.throws(
    () => quantizer("conv1/input"),
    /^quantization\[2\]\.activation\.range, conv1\/input: the estimator currentMinMax with the quantizer lsq/,
  );
});

test("everything that is wrong with rules is said at once, by its place", () => {
  const sentences = refused(
    { weight: { bits: 9 }, activation: { bit: 4 } },
    { at: "", gradient: { scheme: "odd", rounding: "up" } },
    { at: "conv1/*" },
    { wieght: { bits: 4 } },
    { layer: "second", gradient: { granularity: "channel", quantizer: 3 } },
    { gradient: null },
    7,
  ).split("\n");
  assert.equal(
    sentences.map((sentence) => sentence.replace(/, expected (.*)$/, "")),
    [
      "quantization[0].weight.bits: 9",
      'quantization[0].activation: the field "bit"',
      'quantization[1]: at ""',
      'quantization[1].gradient.scheme: "odd"',
      'quantization[1].gradient.rounding: "up"',
      "quantization[2]: a rule without a plan",
      'quantization[3]: the field "wieght"',
      "quantization[3]: a rule without a plan",
      'quantization[4]: layer "second"',
      "quantization[4].gradient.quantizer: 3",
      "quantization[4].gradient.granularity: a range for each channel of a gradient",
      "quantization[5].gradient: null",
      "quantization[6]: 7",
    ],
  );
  assert.match(refused({ activation: { bit: 4 } }), /, expected bits\.$/);
  assert.match(refused({ wieght: { bits: 4 } }), /, expected weight\.\n/);
});

test("rules for second copies that no rule makes are refused", () => {
  assert.is(
    refused({ at: "*/weightGradient", gradient: { bits: 4 } }),
    'quantization[0]: "*/weightGradient", although all gradients have a single copy, expected a second copy of gradients, for weights; a plan for weightGradient makes one, as --weight-gradient-bits does.',
  );
  assert.is(refused({ at: "*/weightGradient", gradient: { bits: 4 } }, { weightGradient: { bits: 8 } }), "");
});

test("rules that throw when they are read, and more than can be read, are refused with one sentence", () => {
  const throws: Rule = {
    get weight(): never {
      throw new Error("no");
    },
  };
  const sentences = (rules: readonly Rule[]) => new RangeflowFailure(...checkRules(rules)).message;
  assert.is(sentences([throws]), "quantization[0]: a rule that throws no, expected a rule that can be read.");
  const many = Array.from({ length: 1e6 }, () => ({ weight: { bits: 4 } }));
  assert.is(sentences(many), "quantization: 1000000 rules, expected at most 10000.");
});

test.run();
