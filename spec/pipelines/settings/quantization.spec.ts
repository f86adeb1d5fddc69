import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import type { Rule } from "../../../quantizers/rules/rule.ts";
import { quantization } from "../quantization.ts";

const test = suite("quantization");

const quantizers = async (settings: Partial<Settings>) =>
  (await quantization({ ...defaults, ...settings })).quantizer;

test("bits and estimators are those of the role", async () => {
  const of = await quantizers({ bits: "4/6/32", activationRange: "inHindsight:decay=0.5" });
  assert.is(of("conv1/weight", "weight").bits, 4);
  assert.is(of("conv1/input", "activation").bits, 6);
  assert.is(of("conv1/gradient", "gradient").bits, 32);
  assert.is(of("conv1/weight", "weight").estimator.name, "currentMinMax");
  assert.is(of("conv1/input", "activation").estimator.name, "inHindsight:decay=0.5");
});

test("weights are symmetric and gradients stochastic, everything else affine and to nearest", async () => {
  const of = await quantizers({});
  assert.is(of("w", "weight").scheme, "symmetric");
  assert.is(of("a", "activation").scheme, "affine");
  assert.is(of("a", "activation").rounding, "nearest");
  assert.is(of("g", "gradient").rounding, "stochastic");
});

test("--bits-at and --range-at rule where their pattern matches, the last one first", async () => {
  const of = await quantizers({
    bitsAt: ["conv1/*=32", "*/gradient=4", "conv2/*=3"],
    rangeAt: ["*/input=currentMinMax", "conv2/*=runningMinMax:decay=0.5"],
  });
  assert.is(of("conv1/input", "activation").bits, 32);
  assert.is(of("conv1/gradient", "gradient").bits, 4);
  assert.is(of("conv2/gradient", "gradient").bits, 3);
  assert.is(of("conv3/input", "activation").bits, 8);
  assert.is(of("conv1/input", "activation").estimator.name, "currentMinMax");
  assert.is(of("conv2/input", "activation").estimator.name, "runningMinMax:decay=0.5");
  assert.is(of("conv3/gradient", "gradient").estimator.name, "inHindsight");
});

test("the first and the last layer may have bits of their own, which --bits-at overrules", async () => {
  const { quantizer: of } = await quantization(
    { ...defaults, bits: "4/4/4", firstBits: "8/32/6", lastBits: "32/32/32", bitsAt: ["conv1/gradient=3"] },
    { layers: () => ["conv1", "conv10", "dense"] },
  );
  assert.equal([of("conv1/weight", "weight").bits, of("conv1/input", "activation").bits], [8, 32]);
  assert.is(of("conv1/gradient", "gradient").bits, 3);
  assert.is(of("dense/weight", "weight").bits, 32);
  assert.is(of("conv10/weight", "weight").bits, 4);
});

const copies = (settings: Partial<Settings>, ...rules: readonly Rule[]) =>
  quantization({ ...defaults, ...settings }, { rules, layers: () => ["conv1", "dense"] });

test("there is one copy of a gradient unless bits, range, quantizer or an estimator of a second is given", async () => {
  assert.is((await copies({})).weightGradient, undefined);
  const mine = { name: "mine", estimator: currentMinMax() };
  for (const [settings, ...rules] of [
    [{ weightGradientBits: 8 }],
    [{ weightGradientRange: "currentMinMax" }],
    [{ weightGradientQuantizer: "ptq" }],
    [{}, { weightGradient: { range: mine } }],
  ] as const)
    assert.type((await copies(settings, ...rules)).weightGradient, "function");
});

test("a second copy is as all gradients where nothing else is said of it", async () => {
  const mine = { name: "mine", estimator: currentMinMax() };
  const { quantizer, weightGradient } = await copies(
    { bits: "8/8/5", gradientQuantizer: "luq", weightGradientBits: 8 },
    { gradient: { range: mine } },
  );
  const { projection, ...found } = weightGradient!("conv2/weightGradient", "gradient");
  const { projection: _, ...expected } = quantizer("conv2/gradient", "gradient");
  assert.equal(found, { ...expected, bits: 8 });
  assert.equal([projection?.name, found.estimator, expected.bits], ["luq", mine, 5]);
});

test("a second copy has bits, estimator and quantizer of its own, and rules of sites go before", async () => {
  const { quantizer, weightGradient } = await copies({
    bits: "8/8/5",
    gradientQuantizer: "psq",
    weightGradientBits: 8,
    weightGradientQuantizer: "ptq",
    weightGradientRange: "runningMinMax",
    lastBits: "32/32/32",
    bitsAt: ["conv2/*=4"],
    rangeAt: ["conv3/weightGradient=currentMinMax"],
    quantizerAt: ["conv3/weightGradient=uniform"],
  });
  const of = (layer: string) => {
    const forWeights = weightGradient!(`${layer}/weightGradient`, "gradient");
    return [forWeights.bits, forWeights.estimator.name, forWeights.projection?.name];
  };
  assert.equal(of("conv1"), [8, "runningMinMax", "ptq"]);
  assert.equal(of("conv2"), [4, "runningMinMax", "ptq"]);
  assert.equal(of("conv3"), [8, "currentMinMax", undefined]);
  assert.is(of("dense")[0], 32, "the bits of an end are those of all its gradients");
  assert.equal(quantizer("conv3/gradient", "gradient").projection?.name, "psq");
  assert.is(weightGradient!("conv1/weightGradient", "gradient").rounding, "stochastic");
});

test("rules for second copies that are not there are refused, and so are estimators that nobody asks", async () => {
  const failed = async (wanted: Promise<unknown>): Promise<string> =>
    wanted.then(
      () => assert.unreachable() as never,
      (error: Error) => error.message,
    );
  assert.is(
    await failed(copies({ bitsAt: ["*/weightGradient=8"] })),
    '--bits-at: "*/weightGradient=8", although all gradients have a single copy, expected a second copy of gradients, for weights; a plan for weightGradient makes one, as --weight-gradient-bits does.',
  );
  assert.match(
    await failed(copies({ weightGradientQuantizer: "psq", weightGradientRange: "runningMinMax" })),
    /^--weight-gradient-range: the estimator runningMinMax with the quantizer psq/,
  );
  assert.match(
    await failed(copies({ weightGradientRange: "nearly", weightGradientQuantizer: "no" })),
    /^--weight-gradient-range: estimator "nearly".*\n--weight-gradient-quantizer: quantizer "no"/s,
  );
});

test("--quantizer-at rules over the quantizer of the role", async () => {
  const of = await quantizers({ weightQuantizer: "muLaw", quantizerAt: ["conv1/*=uniform:scheme=affine"] });
  assert.is(of("conv2/weight", "weight").projection?.name, "muLaw");
  assert.is(of("conv1/weight", "weight").projection, undefined);
  assert.is(of("conv1/weight", "weight").scheme, "affine");
});

test("--per-channel is for weights only", async () => {
  const of = await quantizers({ perChannel: true });
  assert.is(of("w", "weight").granularity, "channel");
  assert.is(of("a", "activation").granularity, "tensor");
});

test("an estimator in a rule of code goes before the one that settings name", async () => {
  const mine = { name: "mine", estimator: currentMinMax() };
  const { quantizer: of } = await copies({ gradientRange: "percentile" }, { gradient: { range: mine } });
  assert.is(of("g", "gradient").estimator, mine);
  assert.is(of("a", "activation").estimator.name, "inHindsight");
});

test("an estimator beside a quantizer that brings ranges of its own is refused, by role and by site", async () => {
  const failed = async (wanted: Promise<unknown>): Promise<string> =>
    wanted.then(
      () => assert.unreachable() as never,
      (error: Error) => error.message,
    );
  assert.is(
    await failed(quantizers({ activationRange: "runningMinMax", activationQuantizer: "lsq" })),
    "--activation-range: the estimator runningMinMax with the quantizer lsq, expected no estimator, because that quantizer has ranges of its own; leave out one of them.",
  );
  assert.match(
    await failed(quantizers({ activationRange: "currentMinMax", activationQuantizer: "dorefa" })),
    /^--activation-range: the estimator currentMinMax with the quantizer dorefa/,
  );
  const of = await quantizers({
    rangeAt: ["conv1/*=fixed:lo=0,hi=1"],
    activationQuantizer: "cgPact:alpha=6",
  });
  assert.throws(
    () => of("conv1/input", "activation"),
    /^--range-at, conv1\/input: the estimator fixed:lo=0,hi=1 with the quantizer cgPact:alpha=6/,
  );
  assert.is(of("conv2/input", "activation").learned?.name, "cgPact");
  assert.is(of("conv1/gradient", "gradient").estimator.name, "fixed:lo=0,hi=1");
});

test("beside levels that follow the tensor only currentMinMax may be asked for", async () => {
  const of = await quantizers({ gradientRange: "currentMinMax", gradientQuantizer: "psq" });
  assert.is(of("g", "gradient").estimator.name, "currentMinMax");
  const wrong = quantizers({ gradientRange: "runningMinMax", gradientQuantizer: "psq" });
  assert.is(
    await wrong.then(
      () => "",
      (error: Error) => error.message,
    ),
    "--gradient-range: the estimator runningMinMax with the quantizer psq, expected currentMinMax or none, because the levels of that quantizer follow the tensor itself; leave out one of them.",
  );
});

test("dorefa is another quantizer for each role", async () => {
  const of = await quantizers({
    weightQuantizer: "dorefa",
    activationQuantizer: "dorefa",
    gradientQuantizer: "dorefa",
    gradientRange: "currentMinMax",
  });
  assert.is(of("w", "weight").transform?.name, "dorefa");
  assert.is(of("a", "activation").estimator.name, "fixed:lo=0,hi=1");
  const { projection, estimator, rounding } = of("g", "gradient");
  assert.equal([projection?.name, estimator.name, rounding], ["dorefa", "currentMinMax", "stochastic"]);
});

test("everything that is wrong with rules and estimators is said at once", async () => {
  const wrong = quantizers({
    weightRange: "nearly",
    gradientRange: "inHindsight:decay=2",
    bitsAt: ["conv1/*", "conv1/*=9", "=8"],
    rangeAt: ["conv1/*=nope"],
  });
  const failure = await wrong.then(
    () => assert.unreachable(),
    (error: unknown) => error,
  );
  assert.instance(failure, RangeflowFailure);
  const lines = (failure as RangeflowFailure).message.split("\n");
  assert.equal(
    lines.map((line) => line.slice(0, line.indexOf(":"))),
    ["--weight-range", "--gradient-range", "--range-at", "--bits-at", "--bits-at", "--bits-at"],
  );
  assert.is(lines[3], '--bits-at: "conv1/*", expected GLOB=BITS, such as conv1/*=32.');
  assert.is(lines[4], '--bits-at: "conv1/*=9", expected 2 to 8 bits, or 32 for float32.');
});

test.run();
