/** @file Rules for some sites that later rules for all sites override are told with both values, site by site. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { getOrThrow } from "../../../core/getOrThrow.ts";
import type { Role } from "../../../core/signal.ts";
import { asQuantizer } from "../../../quantizers/catalogue/asQuantizer.ts";
import { quantizerWith } from "../../../quantizers/catalogue/quantizerWith.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { mx, mxEntry } from "../../../quantizers/projections/mx.ts";
import type { QuantizerChoice } from "../../../quantizers/quantizer.ts";
import { type OverriddenRule, overriddenRules } from "../../../quantizers/rules/overriddenRules.ts";
import { resolveRules } from "../../../quantizers/rules/resolveRules.ts";
import type { QuantizerValue, Rule } from "../../../quantizers/rules/rule.ts";

const test = suite("overriddenRules");

const sites: readonly (readonly [string, Role])[] = ["conv1", "conv2", "dense"].flatMap((layer) => [
  [`${layer}/weight`, "weight"] as const,
  [`${layer}/input`, "activation"] as const,
]);

const told = (...rules: readonly Rule[]): readonly OverriddenRule[] => {
  const resolved = getOrThrow(resolveRules(rules, { layers: () => ["conv1", "conv2", "dense"] }));
  for (const [site, role] of sites) resolved.quantizer(site, role);
  return overriddenRules(resolved);
};

const wide: Rule = { at: "conv*", weight: { bits: 8 } };
const bits: Rule = {
  weight: { bits: 4 },
  said: { "weight.bits": { where: "--bits", text: "4/4/4" } },
};

test("a value for some sites under a later one for all", () => {
  const one = { rule: "quantization[0].weight.bits 8", by: "--bits 4/4/4" };
  assert.equal(told(wide, bits), [{ ...one, sites: ["conv1/weight", "conv2/weight"] }]);
});

test("layers of a recipe, and estimators by name", () => {
  const first: Rule = { layer: "first", weight: { range: runningMinMax() }, recipe: "mine" };
  const current: Rule = { weight: { range: { name: "other", estimator: runningMinMax() } } };
  assert.equal(told(first, current), [
    {
      rule: 'recipe mine: weight.range "runningMinMax"',
      by: 'quantization[1].weight.range "other"',
      sites: ["conv1/weight"],
    },
  ]);
});

test("quantizers of one name with other options, made in code or named", () => {
  const plan = (quantizer: QuantizerValue): Rule => ({ weight: { quantizer } });
  const int: Rule = { at: "conv1/*", ...plan(mx({ element: "int" })) };
  const rule = 'quantization[0].weight.quantizer "mx:element=int,block=32,scale=rceil,rounding=nearest"';
  const said: Rule = {
    ...plan(quantizerWith(asQuantizer(mxEntry))),
    said: { "weight.quantizer": { where: "--weight-quantizer", text: "mx" } },
  };
  assert.equal(told(int, said), [{ rule, by: "--weight-quantizer mx", sites: ["conv1/weight"] }]);
  const by = 'quantization[1].weight.quantizer "mx:element=float,block=32,scale=rceil,rounding=nearest"';
  assert.equal(told(int, plan(mx())), [{ rule, by, sites: ["conv1/weight"] }]);
  assert.equal(told(int, plan(quantizerWith(asQuantizer(mxEntry), { element: "int" }))), []);
});

test("a quantizer of one's own that refuses 8 bits is told by its name", () => {
  const choose: QuantizerChoice = (base) => {
    if (base.bits !== 4) throw new Error("4 bits only");
    return base;
  };
  const four = { weight: { bits: 4 } };
  const own: Rule = { at: "conv1/*", weight: { quantizer: { name: "own", choose } } };
  const [one] = told(four, own, { weight: { quantizer: { name: "other", choose: (base) => base } } });
  assert.is(one?.rule, 'quantization[1].weight.quantizer "own"');
});

for (const [words, rules] of [
  ["the rule for some comes later", [bits, wide]],
  ["both say the same", [{ at: "conv*", weight: { bits: 4 } }, bits]],
  ["a rule for some follows", [wide, bits, { at: "conv*", weight: { bits: 8 } }]],
  ["they are for other roles", [{ at: "conv*", activation: { bits: 8 } }, bits]],
  ["both are for all", [{ weight: { bits: 8 } }, bits]],
] as const)
  test(`nothing is told if ${words}`, () => {
    assert.equal(told(...rules), []);
  });

test.run();
