/** @file Estimators by name: what `--gradient-range` and its like accept, and how they refuse. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { withDefaults } from "../../../core/options.ts";
import { catalogue, combinators } from "../../../quantizers/catalogue/estimatorCatalogue.ts";
import { parseEstimator } from "../../../quantizers/catalogue/parseEstimator.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { delayedScaling } from "../../../quantizers/estimators/delayedScaling.ts";
import { dsgc } from "../../../quantizers/estimators/dsgc.ts";
import type { RangeEstimator } from "../../../quantizers/estimators/estimator.ts";
import { frozenAfter } from "../../../quantizers/estimators/frozenAfter.ts";
import { heldFor } from "../../../quantizers/estimators/heldFor.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { inPhases } from "../../../quantizers/estimators/inPhases.ts";
import { percentile } from "../../../quantizers/estimators/percentile.ts";
import { runningMinMax } from "../../../quantizers/estimators/runningMinMax.ts";
import { uniformGrid } from "../../../quantizers/grids/uniform.ts";
import { checkBits, quantizerFor } from "../../../quantizers/quantizer.ts";
import { used } from "../../support/estimators.ts";
import { statOfElements } from "../../support/measurable.ts";

const test = suite("catalogue and quantizers");

const parse = parseEstimator("--gradient-range");

const parsed = (text: string): RangeEstimator => {
  const found = parse(text);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  assert.is(found.right.name, text);
  return found.right.estimator;
};

const refusal = (text: string): string => {
  const found = parse(text);
  return E.isLeft(found) ? found.left.map(describe).join("\n") : `${text} was accepted`;
};

const tensors = [1, 4, 2, 8].map((n) => statOfElements([-n, n / 2, n / 4, 0]));

const same = (text: string, estimator: RangeEstimator): void =>
  assert.equal(used(parsed(text), tensors), used(estimator, tensors), text);

test("a name alone takes the defaults", () => {
  same("inHindsight", inHindsight({ decay: 0.9 }));
  same("runningMinMax", runningMinMax({ decay: 0.9 }));
  same("frozen", frozenAfter(100, runningMinMax({ decay: 0.9 })));
});

test("options follow a colon, separated by commas", () => {
  same("inHindsight:decay=0.5", inHindsight({ decay: 0.5 }));
  same("inHindsight:lo=-1,hi=2.5e0", inHindsight({ first: { lo: -1, hi: 2.5 } }));
  same("frozen:tensors=2,decay=0", frozenAfter(2, runningMinMax({ decay: 0 })));
  assert.equal(
    used(parsed("fixed:lo=-1,hi=1"), tensors).map(({ range }) => range),
    tensors.map(() => ({ lo: -1, hi: 1 })),
  );
});

test("a combinator stands around another estimator, with options of its own behind it", () => {
  same("inHindsight(currentMinMax)", inHindsight({ decay: 0 }));
  same(
    "inHindsight(runningMinMax:decay=0.5):lo=-3,hi=3",
    inHindsight(runningMinMax({ decay: 0.5 }), { first: { lo: -3, hi: 3 } }),
  );
  same("frozen(percentile:low=10,high=90):tensors=2", frozenAfter(2, percentile({ low: 10, high: 90 })));
  same(
    "frozen(inHindsight(percentile:low=10,high=90,of=histogram)):tensors=3",
    frozenAfter(3, inHindsight(percentile({ low: 10, high: 90, of: "histogram" }))),
  );
  same("held(percentile:low=10)", heldFor(50, percentile({ low: 10 })));
  same("held(inHindsight:decay=0.5):tensors=2", heldFor(2, inHindsight({ decay: 0.5 })));
  assert.is(parsed("held(percentile)").measures, "waiting");
  assert.is(parsed("percentile").measures, "waiting");
  assert.is(parsed("inHindsight(percentile)").measures, "all");
  assert.is(parsed("frozen(percentile)").measures, "waiting");
  assert.is(parsed("inHindsight(currentMinMax)").measures, undefined);
});

test("an estimator made in code has the name under which the command line finds it again", () => {
  const made = [
    inHindsight(),
    inHindsight({ decay: 0.5, first: { lo: -1, hi: 2 } }),
    inHindsight(percentile({ low: 5 }), { first: { lo: -1, hi: 2 } }),
    frozenAfter(3, inHindsight(runningMinMax({ decay: 0.5 }))),
    heldFor(2, percentile({ low: 5 })),
    delayedScaling({ margin: 2, reducer: "mostRecent", first: { lo: -1, hi: 1 } }),
    ...catalogue.map(({ name, make, options }) =>
      make(name === "fixed" ? { lo: -1, hi: 1 } : withDefaults(options, {})),
    ),
  ];
  for (const estimator of made) {
    assert.is(parsed(estimator.name).name, estimator.name);
    same(estimator.name, estimator);
  }
  assert.is(made[2]!.name, "inHindsight(percentile:low=5):lo=-1,hi=2");
  assert.is(inHindsight((observed$) => observed$.pipe(currentMinMax())).name, "");
});

test("in code bounds hold as in texts", () => {
  const cases: readonly (readonly [() => unknown, RegExp])[] = [
    [() => inHindsight({ decay: 2 }), /^inHindsight: decay 2, expected a number from 0 to 1\.$/],
    [
      () => runningMinMax({ decay: Number.NaN }),
      /^runningMinMax: decay NaN, expected a number from 0 to 1\.$/,
    ],
    [() => dsgc({ period: 0 }), /^dsgc: period 0, expected an integer from 1 to /],
    [() => heldFor(0, currentMinMax()), /^held: tensors 0, expected an integer from 1 to /],
    [() => frozenAfter(0, currentMinMax()), /^frozen: tensors 0, expected an integer from 1 to /],
    [
      () => inPhases(1.5, currentMinMax(), currentMinMax()),
      /^inPhases: tensors 1.5, expected an integer from 1/,
    ],
    [() => delayedScaling({ margin: -1 }), /^delayedScaling: margin -1, expected an integer from 0 to 16\.$/],
  ];
  for (const [make, expected] of cases) assert.throws(make, expected);
});

test("whether an entry says static is whether its later tensors find their range there", () => {
  const options: Record<string, string> = { fixed: ":lo=-1,hi=1", frozen: ":tensors=2" };
  for (const { name, isStatic } of catalogue)
    assert.is(used(parsed(`${name}${options[name] ?? ""}`), tensors).at(-1)?.isStatic, isStatic, name);
});

test("every entry and option has a name of its own and says in a few words what it is", () => {
  assert.is(new Set(catalogue.map(({ name }) => name)).size, catalogue.length);
  for (const { summary, options } of catalogue)
    for (const text of [summary, ...Object.values(options).map(({ help }) => help)])
      assert.ok(text.length > 5);
});

test("what docs/methods.md section 9 found no source for is marked as Rangeflow's, beside the paper", () => {
  const summaries = new Map(catalogue.map(({ name, summary }) => [name, summary]));
  for (const name of ["inHindsight", "dsgc", "lbtHindsight", "distributionAdaptive"])
    assert.match(summaries.get(name)!, /\bRangeflow's (choice|variant)\b/, name);
  assert.match(combinators.find(({ name }) => name === "inHindsight")!.summary, /\bRangeflow's variant\b/);
});

test("what is not understood is refused in one sentence: where, what was found, what was expected", () => {
  const cases = [
    ["nope", /^--gradient-range: estimator "nope", expected one of currentMinMax, .* or a path such as/],
    ["inHindsigt", /^--gradient-range: estimator "inHindsigt", expected inHindsight\.$/],
    ["inHindsight:", /option "" of inHindsight, expected decay or lo or hi/],
    ["", /estimator ""/],
    ["inHindsight:pace=0.9", /option "pace" of inHindsight, expected decay or lo or hi/],
    ["currentMinMax:decay=0.9", /option "decay" of currentMinMax, expected no options/],
    ["inHindsight:decay=2", /inHindsight:decay=2, expected decay=\.\. with a number from 0 to 1/],
    ["inHindsight:decay=-0.1", /expected decay=\.\. with a number from 0 to 1/],
    ["inHindsight:decay=", /inHindsight:decay=, expected/],
    ["inHindsight:decay= ", /expected/],
    ["inHindsight:decay", /inHindsight:decay, expected/],
    ["inHindsight:decay=x", /inHindsight:decay=x, expected/],
    ["inHindsight:decay=0.5=0.6", /inHindsight:decay=0.5=0.6, expected/],
    ["inHindsight:decay=NaN", /expected/],
    ["inHindsight:lo=-1", /inHindsight:lo=-1, expected both ends, with lo <= hi/],
    ["inHindsight:lo=1,hi=-1", /expected both ends, with lo <= hi/],
    ["fixed", /fixed without lo, expected fixed:lo=\.\.,hi=\.\./],
    ["fixed:lo=2,hi=1", /fixed:lo=2,hi=1, expected both ends, with lo <= hi/],
    ["fixed:lo=-Infinity,hi=1", /expected/],
    ["percentile:low=60,high=40", /percentile:low=60,high=40, expected both ends, with low <= high/],
    ["percentile:of=all", /expected of=\.\. with elements or histogram/],
    ["fixed(currentMinMax):lo=1,hi=2", /combinator "fixed", expected one of frozen, held, inHindsight/],
    ["inHindsight(currentMinMax):decay=0.5", /option "decay" of inHindsight, expected lo or hi/],
    ["inHindsight(percentil)", /estimator "percentil", expected percentile/],
    ["inHindsight(percentile", /estimator "inHindsight\(percentile"/],
    ["inHindsight:decay=0x1", /inHindsight:decay=0x1, expected decay=\.\. with a number/],
    ["inHindsight:decay=", /inHindsight:decay=, expected decay=\.\. with a number/],
    ["inHindsight:decay=0.5,decay=0.9", /decay given twice for inHindsight, expected decay once/],
    ["inHindsight:decai=0.5", /option "decai" of inHindsight, expected decay/],
    ["frozen:tensors=1e2", /expected tensors=\.\. with an integer from 1/],
    ["frozen:tensors=0", /expected tensors=\.\. with an integer from 1/],
    ["frozen:tensors=1.5", /expected tensors=\.\. with an integer from 1/],
  ] as const;
  for (const [text, expected] of cases) assert.match(refusal(text), expected);
});

test("weights are symmetric, the rest affine; gradients are rounded stochastically", () => {
  const estimator = { name: "inHindsight", estimator: inHindsight() };
  assert.equal(quantizerFor("weight", 8, estimator), {
    bits: 8,
    scheme: "symmetric",
    rounding: "nearest",
    granularity: "tensor",
    estimator,
  });
  const { scheme, rounding } = quantizerFor("activation", 4, estimator);
  assert.equal([scheme, rounding], ["affine", "nearest"]);
  assert.is(quantizerFor("gradient", 4, estimator).rounding, "stochastic");
});

test("a grid has the scheme and bits of its quantizer, and the site's name in its errors", () => {
  const of = (scheme: "affine" | "symmetric", bits: number, hi: number) =>
    uniformGrid({ scheme, bits }, "conv1/input")({ lo: 0, hi });
  const ends = (found: ReturnType<typeof of>): readonly number[] =>
    E.isRight(found) ? [found.right.qmin, found.right.qmax, found.right.scale[0]!] : [];
  assert.equal(ends(of("affine", 8, 255)), [-128, 127, 1]);
  assert.equal(ends(of("symmetric", 4, 7)), [-7, 7, 1]);
  const bad = of("affine", 8, -1);
  assert.match(
    E.isLeft(bad) ? describe(bad.left) : "",
    /^conv1\/input: the range \[0, -1\], expected finite numbers with lo <= hi/,
  );
});

test("bits are 2 to 8, or the 32 that stands for float32", () => {
  const accepted = [...Array(40).keys(), 2.5, -8, Number.NaN].filter((bits) =>
    E.isRight(checkBits("--bits", bits)),
  );
  assert.equal(accepted, [2, 3, 4, 5, 6, 7, 8, 32]);
});

test.run();
