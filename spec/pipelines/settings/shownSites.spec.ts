/** @file Sites summarized as flat settings: what most of them have, the ends of the network, and each site that differs. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ShownSite, shownSites } from "../../../pipelines/settings/shownSites.ts";

const test = suite("settings/shownSites");

type Change = Partial<ShownSite>;

/** Three sites of a layer at 8 bits with the usual estimators, and what is changed at some of them. */
const layer = (
  path: string,
  changes: { readonly [K in ShownSite["role"]]?: Change } = {},
): readonly ShownSite[] => [
  {
    ...{ site: `${path}/weight`, role: "weight", bits: 8, range: "currentMinMax" },
    ...changes.weight,
  },
  {
    ...{ site: `${path}/input`, role: "activation", bits: 8, range: "inHindsight" },
    ...changes.activation,
  },
  {
    ...{ site: `${path}/gradient`, role: "gradient", bits: 8, range: "inHindsight" },
    ...changes.gradient,
  },
];

const usual = {
  bits: "8/8/8",
  weightRange: "currentMinMax",
  activationRange: "inHindsight",
  gradientRange: "inHindsight",
};

const all = (change: Change) => ({ weight: change, activation: change, gradient: change });
const float: Change = { bits: 32 };

test("sites that are quantized alike are told by their roles alone", () => {
  assert.equal(shownSites([...layer("a"), ...layer("b"), ...layer("c")]), usual);
});

test("the first and the last layer tell all three of their bits, a site between them its own", () => {
  const sites = [
    ...layer("a", all(float)),
    ...layer("b", { weight: { bits: 4 } }),
    ...layer("c"),
    ...layer("d", { gradient: { bits: 6 } }),
  ];
  assert.equal(shownSites(sites), {
    ...usual,
    firstBits: "32/32/32",
    lastBits: "8/8/6",
    bitsAt: ["b/weight=4"],
  });
});

test("a whole layer that differs is one entry", () => {
  const sites = [...layer("a"), ...layer("b", all({ bits: 4 })), ...layer("c")];
  assert.equal(shownSites(sites).bitsAt, ["b/*=4"]);
});

test("the only layer of a network is neither its first nor its last", () => {
  assert.equal(shownSites(layer("a", { weight: { bits: 2 } })), { ...usual, bits: "2/8/8" });
});

test("32 bits are usual only where nothing is quantized, and have no estimator", () => {
  const unasked = { ...all({ bits: 32 }) };
  const sites = [layer("a", unasked), layer("b", unasked), layer("c")].flat();
  assert.is(shownSites(sites).bits, "8/8/8");
  assert.equal(shownSites(layer("a", unasked)), { bits: "32/32/32" });
  assert.equal(shownSites([]), { bits: "32/32/32" });
});

test("estimators and quantizers that differ stand with their sites", () => {
  const sites = [
    ...layer("a", { weight: { quantizer: "powerOfTwo" } }),
    ...layer("b", { weight: { quantizer: "powerOfTwo" }, gradient: { range: "percentile" } }),
    ...layer("c"),
  ];
  assert.equal(shownSites(sites), {
    ...usual,
    weightQuantizer: "powerOfTwo",
    rangeAt: ["b/gradient=percentile"],
    quantizerAt: ["c/weight=uniform"],
  });
});

test("second copies of gradients and ranges per channel are told where they are", () => {
  const copy: ShownSite = {
    ...{ site: "a/weightGradient", role: "weightGradient", bits: 8, range: "currentMinMax" },
  };
  assert.equal(shownSites([...layer("a", { weight: { perChannel: true }, gradient: { bits: 4 } }), copy]), {
    ...usual,
    bits: "8/8/4",
    weightGradientBits: 8,
    weightGradientRange: "currentMinMax",
    perChannel: true,
  });
});

test.run();
