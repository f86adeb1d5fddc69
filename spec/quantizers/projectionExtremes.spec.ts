/** @file Every projection of the catalogue, on tensors and with ranges as large and as small as they may be, also where they do not fit. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { largestEnd } from "../../core/range.ts";
import { parseQuantizer } from "../../quantizers/catalogue/parseQuantizer.ts";
import { quantizerCatalogue } from "../../quantizers/catalogue/quantizerCatalogue.ts";
import { currentMinMax } from "../../quantizers/estimators/currentMinMax.ts";
import { quantizerFor } from "../../quantizers/quantizer.ts";
import { noiseOf, projectedBy, rangeOf } from "../support/projecting.ts";
import { gaussian } from "../support/tensors.ts";

const test = suite("extremes of projections");

const shape = [4, 4, 4, 4];
const x = gaussian(shape, "extremes").data;
const largest = Math.max(...x.map(Math.abs));
const tiny = 2 ** -149;

const tensors: readonly Float32Array[] = [
  ...[largestEnd, 1e-30, 2 ** -126, 2 ** -140].map((end) => x.map((v) => (v / largest) * end)),
  x.map((v, i) => (i % 3 === 0 ? Math.sign(v) * largestEnd : v * tiny)),
  x.map((v) => Math.sign(v) * largestEnd),
  x.map((_, i) => (i === 7 ? largestEnd : 0)),
  x.map((_, i) => (i === 7 ? tiny : 0)),
  x.map((_, i) => (i % 2 === 0 ? largestEnd : -largestEnd)),
  Float32Array.of(largestEnd),
  Float32Array.of(tiny, -tiny),
];

const ranges = [
  { lo: -largestEnd, hi: largestEnd },
  { lo: 0, hi: largestEnd },
  { lo: largestEnd, hi: largestEnd },
  { lo: -tiny, hi: tiny },
  { lo: 0, hi: tiny },
  { lo: -largestEnd, hi: tiny },
  { lo: 0, hi: 0 },
  { lo: 2 ** -1074, hi: 1e-320 },
];

/** Choices that need another. */
const together: Readonly<Record<string, string>> = { "mx:products=blocks": "mx:element=int,products=blocks" };

for (const { name, roles, options } of quantizerCatalogue)
  for (const role of roles) {
    const base = quantizerFor(role, 8, { name: "currentMinMax", estimator: currentMinMax() });
    const choices = Object.entries(options).flatMap(([of, option]) =>
      option.type === "choice" ? option.choices.map((choice) => `${name}:${of}=${choice}`) : [],
    );
    for (const alone of [name, ...choices]) {
      const text = together[alone] ?? alone;
      const parsed = parseQuantizer("spec")(text);
      if (E.isLeft(parsed)) throw new Error(text);
      const { projection, rounding } = parsed.right.choose(base, role);
      if (projection === undefined) continue;
      test(`${text} of ${role}s leaves only finite numbers behind`, () => {
        const noise = rounding === "stochastic" ? noiseOf(0) : undefined;
        for (const tensor of tensors)
          for (const range of [rangeOf(tensor), ...(projection.follows === "tensor" ? [] : ranges)])
            for (const bits of projection.bits ?? [2, 3, 4, 8]) {
              const of = tensor.length === x.length ? shape : [1, 1, 1, tensor.length];
              const made = projectedBy(projection, tensor, { shape: of, role, range, bits, noise });
              const odd = made.values.find((y) => !Number.isFinite(y));
              assert.is(odd, undefined, `${bits} bits, [${range.lo}, ${range.hi}], ${tensor.subarray(0, 3)}`);
              assert.ok(made.clipped >= 0 && made.clipped <= tensor.length);
              assert.ok(made.integers?.params.scale.every((s) => s > 0 && Number.isFinite(s)) ?? true);
            }
      });
    }
  }

test.run();
