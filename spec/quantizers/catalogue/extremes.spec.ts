/** @file Every estimator and quantizer of the catalogue, with every option at its ends, on tensors as large and as small as float32 has. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Entry } from "../../../core/entry.ts";
import { describe, type Problem, RangeflowFailure } from "../../../core/errors.ts";
import type { Option } from "../../../core/options.ts";
import { largestEnd } from "../../../core/range.ts";
import type { Role } from "../../../core/signal.ts";
import { type Tensor, tensor } from "../../../core/tensor.ts";
import { conv2d } from "../../../operators/layers/conv2d.ts";
import { quantize } from "../../../operators/sites/quantize.ts";
import { catalogue } from "../../../quantizers/catalogue/estimatorCatalogue.ts";
import { parseEstimator } from "../../../quantizers/catalogue/parseEstimator.ts";
import { parseQuantizer } from "../../../quantizers/catalogue/parseQuantizer.ts";
import { quantizerCatalogue } from "../../../quantizers/catalogue/quantizerCatalogue.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { type NamedEstimator, type Quantizer, quantizerFor } from "../../../quantizers/quantizer.ts";
import { elements } from "../../support/elements.ts";
import { processorTime } from "../../support/processorTime.ts";
import { gaussian } from "../../support/tensors.ts";
import { batch, built, numbers, opened, outcome, pulledBack, testScope } from "../../support/testScope.ts";

const test = suite("extremes");

const shape = [2, 3, 3, 2];
const normal = gaussian(shape, "extremes").data;
const largest = Math.max(...normal.map(Math.abs));
const tensors: readonly (readonly [string, Tensor])[] = (
  [
    ["normal", normal],
    ["as large as may be", normal.map((v) => (v / largest) * largestEnd)],
    ["larger than that", normal.map((v) => (v / largest) * 3.4e38)],
    ["tiny", normal.map((v) => v * 2 ** -95)],
    ["subnormal", normal.map((v) => v * 2 ** -140)],
    ["all the same", normal.map(() => -largestEnd)],
    ["one that is not 0", normal.map((_, i) => (i === 5 ? largestEnd : 0))],
    ["all of one sign", normal.map((v) => Math.abs(v) * 1e37)],
    ["an outlier", normal.map((v, i) => (i === 5 ? largestEnd : v * 1e-30))],
  ] as const
).map(([name, data]) => [name, tensor(data, shape)]);

/** The values of an option that say most about it. */
const valuesOf = (option: Option): readonly (string | number | boolean)[] => {
  switch (option.type) {
    case "choice":
      return option.choices;
    case "boolean":
      return [false, true];
    case "text":
      throw new Error("no method has a text for an option");
    default:
      return [option.least!, option.most!];
  }
};

/** The texts that name an entry: plain, each option at each of its ends, and all of them at theirs. */
const textsOf = ({ name, options }: Pick<Entry<unknown>, "name" | "options">): readonly string[] => {
  const all = Object.entries(options);
  const text = (values: readonly (readonly [string, unknown])[]): string =>
    [name, ...(values.length > 0 ? [values.map(([of, value]) => `${of}=${value}`).join(",")] : [])].join(":");
  const needed = all.filter(([, option]) => option.default === undefined && option.optional !== true);
  const single = all.flatMap(([of, option]) =>
    valuesOf(option).map((value) =>
      text([...needed.map(([one]) => [one, 0] as const).filter(([one]) => one !== of), [of, value]]),
    ),
  );
  const together = [0, 1].map((end) =>
    text(all.map(([of, option]) => [of, valuesOf(option)[end] ?? valuesOf(option)[0]])),
  );
  return [...new Set([...(needed.length > 0 ? [] : [name]), ...single, ...together])];
};

/** Milliseconds that a case may take, of which there are thousands. */
const patience = 2000;

/** What seems to have taken too long on the clock, which is cheaper to ask, is done again, and its processor time counts. */
const isSoon = (what: string, onClock: number, act: () => unknown): void => {
  if (onClock < patience) return;
  const taken = processorTime();
  try {
    act();
  } catch {
    // What it throws has been looked at.
  }
  assert.ok(taken() < patience, `${what} took ${taken()} ms`);
};

/** Either a result of finite numbers, or a sentence that names the place; never a stack trace. */
const isSound = (what: string, act: () => Float32Array): void => {
  const began = performance.now();
  let values: Float32Array | undefined;
  try {
    values = act();
  } catch (error) {
    if (!(error instanceof RangeflowFailure)) throw new Error(`${what}: ${(error as Error).stack}`);
    assert.match(error.message, /^net\/\w+(\/weight)?(\/\w+)?(, step \d)?: /, what);
    assert.not.match(error.message, /internal|stack size|is not a function/, what);
  }
  const taken = performance.now() - began;
  const odd = values?.find((value) => !Number.isFinite(value));
  assert.is(odd, undefined, what);
  isSoon(what, taken, act);
};

/** Three steps at the site of a role; what came out of the last one. */
const stepped = (role: Role, quantizer: Quantizer, x: Tensor): Float32Array => {
  const scope = testScope({
    path: "net",
    shape: shape.slice(1),
    quantizer: (_site, of) =>
      of === role ? quantizer : { ...quantizerFor(of, 32, quantizer.estimator), bits: 32 },
  });
  const losses = { first: 1, recent: 0.5 };
  const at = (step: number, of: Tensor) => batch(of, { step, losses });
  const three = <T>(act: (step: number) => T): T => [0, 1, 2].map(act)[2] as T;
  if (role === "activation") {
    const run = opened(built(quantize({ activation: "input" }), scope).layer);
    return three((step) => numbers(outcome(run(at(step, x))).x));
  }
  if (role === "gradient") {
    const run = opened(built(quantize({ gradient: "gradient" }), scope).layer);
    return three((step) => {
      let back = new Float32Array(0);
      const ended = outcome(
        run({
          ...at(step, x),
          pullback: (dx) => {
            back = numbers(dx) as Float32Array<ArrayBuffer>;
          },
        }),
      );
      pulledBack(ended, x);
      return back;
    });
  }
  const conv = built(conv2d("conv", { outChannels: 2, kernel: 3 }), scope);
  const weight = elements(scope.parameters.list()[0]!.value);
  weight.set(elements(x).subarray(0, weight.length));
  const run = opened(conv.layer);
  const faint = tensor(
    normal.map(() => 1e-4),
    shape,
  );
  return three((step) => numbers(outcome(run(at(step, faint))).x));
};

/** Values that a text means; none where only one of two ends is given, or the lower one is above the other, a scale too large for its format, or blocks of floats. */
const meant = <T>(found: E.Either<readonly Problem[], T>): readonly T[] => {
  if (E.isRight(found)) return [found.right];
  assert.match(found.left.map(describe).join("\n"), /both ends|expected up to|products=blocks/);
  return [];
};

const current: NamedEstimator = { name: "currentMinMax", estimator: currentMinMax() };

for (const entry of catalogue)
  test(`${entry.name} at the ends of its options gives ranges that can be used, or says which range cannot`, () => {
    for (const text of textsOf(entry))
      for (const whole of [text, `inHindsight(${text})`, `frozen(${text}):tensors=2`]) {
        for (const named of meant(parseEstimator("--range")(whole)))
          for (const bits of [2, 8])
            for (const [size, x] of tensors)
              isSound(`${whole}, ${bits} bits, ${size}`, () =>
                stepped("gradient", quantizerFor("gradient", bits, named), x),
              );
      }
  });

for (const entry of quantizerCatalogue)
  test(`${entry.name} at the ends of its options makes finite numbers, or says which range it cannot use`, () => {
    for (const text of textsOf(entry))
      for (const role of entry.roles)
        for (const bits of [2, 4, 7, 8]) {
          for (const { choose } of meant(parseQuantizer("--quantizer")(text)))
            for (const [size, x] of tensors) {
              const quantizer = choose(quantizerFor(role, bits, current), role);
              if (quantizer.projection?.bits?.includes(bits) === false) continue;
              isSound(`${text} of ${role}, ${bits} bits, ${size}`, () => stepped(role, quantizer, x));
            }
        }
  });

test.run();
