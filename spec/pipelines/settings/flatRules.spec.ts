/** @file Flat settings as rules: over those of a recipe, and only where they say something else. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Role } from "../../../core/signal.ts";
import { flatRules } from "../../../pipelines/settings/flatRules.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { shownSettings } from "../../../pipelines/settings/shownSettings.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { lsq } from "../../../quantizers/learned/lsq.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import { ptq } from "../../../quantizers/projections/ptq.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";
import { quantization } from "../quantization.ts";

const test = suite("flatRules");

const recipe: readonly Rule[] = [
  {
    weight: { bits: 4 },
    activation: { bits: 4, quantizer: lsq() },
    gradient: { bits: 5, quantizer: psq() },
    weightGradient: {
      bits: 8,
      quantizer: ptq(),
      range: { name: "currentMinMax", estimator: currentMinMax() },
    },
    recipe: "mine",
  },
  { layer: "first", weight: { bits: 32 }, activation: { bits: 32 }, gradient: { bits: 32 }, recipe: "mine" },
  { at: "conv2/*", weight: { bits: 6, scheme: "affine" }, recipe: "mine" },
];

const layers = () => ["conv1", "conv2", "dense"];

/** Settings as they are in force under the recipe, with what a user says over them. */
const settings = (wanted: Partial<Settings> = {}): Settings => ({
  ...defaults,
  ...shownSettings(recipe),
  ...wanted,
});

const bitsUnder = async (
  wanted: Partial<Settings>,
  ...sites: readonly string[]
): Promise<readonly number[]> => {
  const { quantizer, weightGradient } = await quantization(settings(wanted), { recipe, layers });
  const roleOf = (site: string): Role =>
    site.endsWith("weight") ? "weight" : site.endsWith("input") ? "activation" : "gradient";
  return sites.map(
    (site) =>
      (site.endsWith("weightGradient") ? weightGradient?.(site, "gradient") : quantizer(site, roleOf(site)))
        ?.bits ?? Number.NaN,
  );
};

test("settings show what rules say of all sites and of both ends", () => {
  assert.equal(shownSettings(recipe), {
    bits: "4/4/5",
    firstBits: "32/32/32",
    weightGradientBits: 8,
    weightGradientRange: "currentMinMax",
    activationQuantizer: "lsq",
    gradientQuantizer: "psq",
    weightGradientQuantizer: "ptq",
  });
  assert.equal(shownSettings([{ gradient: { scheme: "symmetric", rounding: "nearest" } }]), {
    gradientQuantizer: "uniform:scheme=symmetric,rounding=nearest",
  });
  assert.equal(
    shownSettings([{ layer: "last", activation: { bits: 4 } }, { weight: { granularity: "channel" } }]),
    {
      lastBits: "8/4/8",
      perChannel: true,
    },
  );
  assert.equal(shownSettings([{ at: "conv1/*", weight: { bits: 4 } }]), {});
});

test("settings that say what the recipe says, or the default, make no rule", async () => {
  assert.equal(await flatRules(settings(), { recipe }), recipe);
  assert.equal(await flatRules(defaults), []);
});

test("what settings say of all sites leaves the ends and the patterns of a recipe what they are", async () => {
  assert.equal(
    await bitsUnder(
      { bits: "3/3/3" },
      "conv1/weight",
      "conv2/weight",
      "conv2/input",
      "dense/gradient",
      "dense/weightGradient",
    ),
    [32, 6, 3, 3, 8],
  );
});

test("what they say of ends and patterns goes before it", async () => {
  assert.equal(
    await bitsUnder(
      { firstBits: "7/7/7", bitsAt: ["conv2/weight=2"] },
      "conv1/weight",
      "conv2/weight",
      "conv1/weightGradient",
    ),
    [7, 2, 7],
  );
  assert.equal(await bitsUnder({ firstBits: "same" }, "conv1/weight", "conv1/weightGradient"), [4, 8]);
});

test("copies for weights are as the recipe has them, as all gradients are, or none", async () => {
  const copies = { recipe, layers };
  const same = await quantization(settings({ weightGradientQuantizer: "same" }), copies);
  assert.is(same.weightGradient?.("dense/weightGradient", "gradient").projection?.name, "psq");
  const other = await quantization(settings({ gradientQuantizer: "uniform" }), copies);
  assert.is(other.weightGradient?.("dense/weightGradient", "gradient").projection?.name, "ptq");
  assert.is(other.quantizer("dense/gradient", "gradient").projection, undefined);
  const none = settings({
    weightGradientBits: "same",
    weightGradientRange: "same",
    weightGradientQuantizer: "same",
  });
  assert.is((await quantization(none, copies)).weightGradient, undefined);
});

test("a field remembers the option that has said it", async () => {
  const [rule, at] = await flatRules({ ...defaults, bits: "8/8/4", rangeAt: ["*/gradient=currentMinMax"] });
  assert.equal(rule?.said?.["gradient.bits"], { where: "--bits", text: "8/8/4" });
  assert.equal(at?.said?.["gradient.range"], { where: "--range-at", text: "*/gradient=currentMinMax" });
});

test.run();
