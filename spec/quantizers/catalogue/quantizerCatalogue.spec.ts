/** @file Quantizers by name: what `--gradient-quantizer` and its like accept, where each works, and how they refuse. */
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import type { Role } from "../../../core/signal.ts";
import type { Scope } from "../../../operators/module/module.ts";
import { parseQuantizer } from "../../../quantizers/catalogue/parseQuantizer.ts";
import { quantizerCatalogue } from "../../../quantizers/catalogue/quantizerCatalogue.ts";
import { quantizerWith } from "../../../quantizers/catalogue/quantizerWith.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { learnedEntry, transformEntry } from "../../../quantizers/learned/learnedEntry.ts";
import { pact } from "../../../quantizers/learned/pact.ts";
import { sat } from "../../../quantizers/learned/sat.ts";
import { codebookProjection } from "../../../quantizers/projections/codebook.ts";
import { luq } from "../../../quantizers/projections/luq.ts";
import { projectionEntry } from "../../../quantizers/projections/projectionEntry.ts";
import { psq } from "../../../quantizers/projections/psq.ts";
import { tryProjection } from "../../../quantizers/projections/tryProjection.ts";
import { type Quantizer, type QuantizerChoice, quantizerFor } from "../../../quantizers/quantizer.ts";
import { followedBy } from "../../../quantizers/quantizerEntry.ts";
import { withProjection } from "../../../quantizers/withProjection.ts";
import { smallRun } from "../../support/smallRun.ts";
import { collected, metricsOf, seenOf } from "../../support/testScope.ts";

const test = suite("quantizer catalogue");

const parse = parseQuantizer("--gradient-quantizer");

const chosen = (text: string): QuantizerChoice => {
  const found = parse(text);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  assert.is(found.right.name, text);
  return found.right.choose;
};

const refusal = (text: string): string => {
  const found = parse(text);
  return E.isLeft(found) ? found.left.map(describe).join("\n") : `${text} was accepted`;
};

const roles: readonly Role[] = ["weight", "activation", "gradient"];

const base = (role: Role, bits = 8) =>
  quantizerFor(role, bits, { name: "inHindsight", estimator: inHindsight({ first: { lo: -1, hi: 1 } }) });

/** A chosen quantizer with 8 bits, or the width that it has. */
const wide = (text: string, role: Role): Quantizer => {
  const { projection } = chosen(text)(base(role), role);
  const [width = 8] = projection?.bits?.includes(8) === false ? projection.bits : [];
  return chosen(text)(base(role, width), role);
};

/** Everything uniform but one role. */
const only =
  (text: string, chosenRole: Role): Scope["quantizer"] =>
  (_site, role) =>
    role === chosenRole ? wide(text, role) : base(role);

for (const { name, roles: possible, isInteger } of quantizerCatalogue) {
  for (const role of possible)
    test(`${name} trains two steps as the quantizer of ${role}s`, () => {
      const run = smallRun({ to: 2 }, { quantizer: only(name, role) });
      const before = run.weights();
      const signals = collected(run.signals$);
      const losses = metricsOf(signals).filter((metric) => metric.name === "loss");
      assert.is(losses.length, 2);
      assert.ok(losses.every(({ value }) => Number.isFinite(value)));
      assert.is(seenOf(signals).filter((seen) => seen.role === role).length, 6);
      assert.not.equal(run.weights(), before);
      assert.ok(run.weights().every(Number.isFinite));
      const uniformly = smallRun({ to: 2 }, { quantizer: (_site, r) => base(r) });
      collected(uniformly.signals$);
      if (name !== "uniform") assert.not.equal(run.weights(), uniformly.weights());
      // DoReFa's gradients project, and say themselves whether they are integers; learned levels are none, though nothing projects.
      if (name !== "dorefa" && name !== "directQuantization")
        assert.is(chosen(name)(base(role), role).projection === undefined, isInteger);
    });
  for (const role of roles.filter((role) => !possible.includes(role)))
    test(`${name} is refused as the quantizer of ${role}s`, () =>
      assert.throws(
        () => smallRun({ to: 1 }, { quantizer: only(name, role) }),
        new RegExp(
          `/${role === "activation" ? "input" : role}: the quantizer ${name} for ${role}s, expected ${possible[0]}s`,
        ),
      ));
}

test("options change what is chosen", () => {
  const at = base("activation");
  assert.is(chosen("muLaw:rounding=stochastic")(at, "activation").rounding, "stochastic");
  assert.equal(chosen("muLaw:layout=segmented")(at, "activation").projection?.bits, [8]);
  assert.is(chosen("uniform:scheme=symmetric")(at, "activation").scheme, "symmetric");
  assert.is(chosen("luq")({ ...at, rounding: "nearest" }, "gradient").rounding, "stochastic");
});

test("levels that follow the tensor make a site dynamic; those of the range leave its estimator", () => {
  const estimatorOf = (name: string, role: Role) => chosen(name)(base(role), role).estimator.name;
  for (const name of ["psq", "bhq", "orq", "binGrad", "qsgd"])
    assert.is(estimatorOf(name, "gradient"), "currentMinMax");
  for (const name of ["daq", "laq"]) assert.is(estimatorOf(name, "weight"), "currentMinMax");
  for (const name of ["luq", "ptq", "powerOfTwo", "muLaw", "wageubn", "wageubnE2", "niti"])
    assert.is(estimatorOf(name, "gradient"), "inHindsight");
  assert.is(estimatorOf("piecewiseLinear", "activation"), "inHindsight");
  assert.is(estimatorOf("wageubn", "weight"), "fixed:lo=-1,hi=1");
});

test("an estimator whose ranges a projection would not use is refused when the network is built", () => {
  const gradients =
    (change: (base: Quantizer) => Quantizer): Scope["quantizer"] =>
    (_site, role) =>
      role === "gradient" ? change(base(role)) : base(role);
  const building = (change: (base: Quantizer) => Quantizer) => () =>
    smallRun({ to: 1 }, { quantizer: gradients(change) });
  const projection = psq();
  assert.throws(
    building((quantizer) => ({ ...quantizer, projection })),
    /gradient: the estimator inHindsight with the quantizer psq, expected currentMinMax, because the levels of that quantizer follow the tensor itself, not a range of an estimator; withProjection\(quantizer, projection\) combines both\./,
  );
  const mine = { name: "mine", estimator: currentMinMax() };
  for (const change of [
    (quantizer: Quantizer) => withProjection(quantizer, projection),
    (quantizer: Quantizer) => ({ ...quantizer, projection, estimator: mine }),
    (quantizer: Quantizer) => ({ ...quantizer, projection, bits: 32 }),
    (quantizer: Quantizer) => ({ ...quantizer, projection: luq() }),
  ])
    assert.not.throws(building(change));
  assert.is(withProjection({ ...base("gradient"), estimator: mine }, projection).estimator, mine);
  assert.is(withProjection(base("gradient"), luq()).estimator.name, "inHindsight");
});

test("every entry says what its levels follow, role by role", () => {
  const followed = (name: string, role: Role) =>
    followedBy(quantizerCatalogue.find((entry) => entry.name === name)!, role);
  for (const name of ["uniform", "muLaw", "luq", "ptq", "wageubn"])
    assert.is(followed(name, "gradient"), "range");
  assert.is(followed("psq", "gradient"), "tensor");
  assert.is(followed("perChannel", "gradient"), "channels");
  assert.is(followed("piecewiseLinear", "weight"), "both");
  assert.is(followed("lsq", "weight"), "learned");
  assert.equal(
    roles.map((role) => followed("dorefa", role)),
    ["tensor", "range", "range"],
  );
  for (const role of ["weight", "activation"] as const)
    assert.is(followed("directQuantization", role), "learned");
});

test("what is reconstructed without its source says so", () => {
  for (const name of ["cpq", "laq", "directQuantization"])
    assert.match(
      quantizerCatalogue.find((entry) => entry.name === name)!.summary,
      /^reconstruction, not reproduced: /,
    );
});

test("what docs/methods.md found no source for is marked as Rangeflow's or derived, beside the paper", () => {
  for (const name of ["muLaw", "powerOfTwo", "luq", "perChannel", "orq", "binGrad", "qsgd"]) {
    const { summary, source } = quantizerCatalogue.find((entry) => entry.name === name)!;
    assert.match(
      `${summary}; ${source}`,
      /\bRangeflow's\b|derived from the abstract|seen in third-party code/,
      name,
    );
  }
});

test("every entry and option has a name of its own and says in a few words what it is", () => {
  assert.is(new Set(quantizerCatalogue.map(({ name }) => name)).size, quantizerCatalogue.length);
  for (const { summary, source, options } of quantizerCatalogue) {
    for (const text of [summary, source, ...Object.values(options).map(({ help }) => help)])
      assert.ok(text.length > 5);
  }
});

test("an entry of one's own is a quantizer as the built-in ones are, with its options in its name", () => {
  const options = { factor: { type: "number", default: 1, help: "of the range" } } as const;
  const told = { summary: "", source: "", options };
  const projection = projectionEntry({
    ...told,
    name: "ends",
    make: ({ factor }) =>
      codebookProjection("ends", ({ range: { lo, hi } }) => ({
        levels: Float32Array.of(factor * lo, factor * hi),
      })),
  });
  const range = learnedEntry({ ...told, name: "bound", make: ({ factor }) => pact({ alpha: factor }) });
  const transform = transformEntry({ ...told, name: "bent", make: () => sat() });
  const choices = [
    quantizerWith(projection, { factor: 2 }),
    quantizerWith(range, { factor: 3 }),
    quantizerWith(transform),
  ];
  assert.equal(
    choices.map(({ name }) => name),
    ["ends:factor=2", "bound:factor=3", "bent"],
  );
  const [ends, bound, bent] = choices.map(({ choose }) => choose(base("activation"), "activation"));
  assert.equal([...tryProjection(ends!.projection!, [-1, 0.5]).values], [-2, 1]);
  assert.is(bound!.learned?.start({ values: Float32Array.of(1) }, { bits: 4, isSigned: false }), 3);
  assert.is(bent!.transform?.name, "sat");
});

test("a width that a quantizer does not have is refused", () =>
  assert.throws(
    () =>
      smallRun(
        { to: 1 },
        { quantizer: (site, role) => ({ ...only("muLaw:layout=segmented", "weight")(site, role), bits: 4 }) },
      ),
    /weight: the quantizer muLaw with 4 bits, expected 8 bits, all that it supports; give it a width of its own with --bits-at/,
  ));

test("what is not understood is refused in one sentence", () => {
  assert.match(
    refusal("nope"),
    /^--gradient-quantizer: quantizer "nope", expected one of niti, uniform, wageubn, /,
  );
  assert.match(refusal("muLow"), /^--gradient-quantizer: quantizer "muLow", expected muLaw\.$/);
  assert.match(refusal("muLaw:layout=round"), /expected layout=\.\. with uniform or segmented/);
  assert.match(refusal("luq:levels=0"), /expected levels=\.\. with an integer from 1 to 127/);
  assert.match(refusal("powerOfTwo:draws=2"), /option "draws" of powerOfTwo, expected rounding/);
});

test.run();
