/** @file Quantizers as the command line names them, and those of strangers. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { quantizerNamed } from "../../../pipelines/settings/quantizerNamed.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { inHindsight } from "../../../quantizers/estimators/inHindsight.ts";
import { type NamedQuantizer, type Quantizer, quantizerFor } from "../../../quantizers/quantizer.ts";
import { valuesBy } from "../../support/projecting.ts";
import { smallRun } from "../../support/smallRun.ts";
import { collected, metricsOf } from "../../support/testScope.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("quantizerNamed");
const home = scratch();

const module = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

const named = async (text: string): Promise<NamedQuantizer> => {
  const quantizer = await quantizerNamed("--weight-quantizer", text);
  if (E.isLeft(quantizer)) throw new Error(quantizer.left.map(describe).join("\n"));
  return quantizer.right;
};

const refused = async (text: string): Promise<string> => {
  const quantizer = await quantizerNamed("--weight-quantizer", text);
  return E.isLeft(quantizer) ? quantizer.left.map(describe).join("\n") : "";
};

const base = (role: "weight" | "activation" | "gradient"): Quantizer =>
  quantizerFor(role, 4, { name: "currentMinMax", estimator: currentMinMax() });

/** Sign and the mean magnitude, as a stranger would write it. */
const strangers = `
import type { Projection } from "rangeflow/quantizers";

const signs: Projection = {
  name: "signs",
  follows: "tensor",
  roles: ["weight"],
  project: (x) => {
    const mean = x.reduce((sum, v) => sum + Math.abs(v), 0) / x.length;
    return { values: x.map((v) => (v < 0 ? -mean : mean)), clipped: 0 };
  },
};

export default signs;
`;

test("a file may export whatever a rule takes in code: a learned range or a weight transform, too", async () => {
  const learned = module(
    "halfStep.ts",
    `import { lsq } from "rangeflow/quantizers";
const ours = lsq();
export default { ...ours, name: "halfStep", start: (x, how) => ours.start(x, how) / 2 };`,
  );
  const entry = module(
    "bent.ts",
    `import { sat, transformEntry } from "rangeflow/quantizers";
export default transformEntry({
  name: "bent", summary: "", source: "",
  options: { grid: { type: "choice", choices: ["original", "centered"], default: "original", help: "levels" } },
  make: ({ grid }) => ({ ...sat({ grid }), name: "bent" }),
});`,
  );
  const halfStep = (await named(learned)).choose(base("weight"), "weight");
  assert.is(halfStep.learned?.name, "halfStep");
  assert.is(halfStep.rounding, "nearest");
  assert.is((await named(`${entry}:grid=centered`)).choose(base("weight"), "weight").transform?.name, "bent");
  const run = smallRun(
    { to: 2 },
    { quantizer: (_site, role) => (role === "weight" ? halfStep : base(role)) },
  );
  assert.ok(metricsOf(collected(run.signals$)).every(({ value }) => Number.isFinite(value)));
  const broken = module("broken.ts", "export default { name: 'x', gradientScale: 1 };");
  assert.match(
    await refused(broken),
    /broken\.ts gives a quantizer with a learned range without start, range/,
  );
});

test("a built-in quantizer goes by its name and options", async () => {
  const { name, choose } = await named("uniform:scheme=powerAbove,rounding=stochastic");
  assert.is(name, "uniform:scheme=powerAbove,rounding=stochastic");
  const { scheme, rounding, bits } = choose(base("weight"), "weight");
  assert.equal([scheme, rounding, bits], ["powerAbove", "stochastic", 4]);
});

test("a projection of a stranger's, by path, in fewer than 40 lines, trains", async () => {
  assert.ok(strangers.split("\n").length < 40);
  const { choose } = await named(module("signs.ts", strangers));
  const chosen = choose(base("weight"), "weight");
  assert.equal(valuesBy(chosen.projection!, [1, -3, 0.5]), [1.5, -1.5, 1.5]);
  const run = smallRun(
    { to: 2 },
    { quantizer: (_site, role) => (role === "weight" ? choose(base(role), role) : base(role)) },
  );
  const losses = metricsOf(collected(run.signals$)).filter(({ name }) => name === "loss");
  assert.ok(losses.length === 2 && losses.every(({ value }) => Number.isFinite(value)));
});

test("a stranger's projection says what its levels follow", async () => {
  const silent = module("silent.ts", strangers.replace('follows: "tensor",', ""));
  assert.is(
    await refused(silent),
    `--weight-quantizer: ${silent} exports a projection that does not say follows, expected one of range, channels, both, tensor: what its levels follow.`,
  );
  const hindsight = { name: "inHindsight", estimator: inHindsight() };
  const { choose } = await named(module("signs.ts", strangers));
  assert.is(choose({ ...base("weight"), estimator: hindsight }, "weight").estimator.name, "currentMinMax");
});

test("a stranger's projection is refused where it says that it cannot work", async () => {
  const { choose } = await named(module("signs.ts", strangers));
  assert.throws(
    () => smallRun({ to: 1 }, { quantizer: (_site, role) => choose(base(role), role) }),
    /conv\/input: the quantizer signs for activations, expected weights/,
  );
});

test("a function from the default quantizer to another one, which may look at the role", async () => {
  const { choose } = await named(
    module("bits.mjs", "export default (base, role) => ({ ...base, bits: role === 'weight' ? 2 : 8 });"),
  );
  assert.is(choose(base("weight"), "weight").bits, 2);
  assert.is(choose(base("gradient"), "gradient").bits, 8);
});

const expected =
  "expected a default export that is a projection, a learned range, a weight transform, or a function from the default quantizer to another one";

const wrong: readonly (readonly [string, string])[] = [
  ["export const x = 1;", `PATH has no default export, ${expected}.`],
  ["export default 42;", `PATH exports number as default, ${expected}.`],
  ["export default () => 42;", `PATH exports a function that does not return a quantizer, ${expected}.`],
  ['export default () => { throw new Error("boom"); };', `PATH throws when it is called: boom, ${expected}.`],
];

for (const [n, [text, sentence]] of wrong.entries())
  test(`refused in one sentence: ${text}`, async () => {
    const path = module(`wrong${n}.ts`, text);
    assert.is(await refused(path), `--weight-quantizer: ${sentence.replace("PATH", path)}`);
  });

test("a path that is not there", async () =>
  assert.is(
    await refused("./no/such.ts"),
    "--weight-quantizer: no file ./no/such.ts, expected a module with a quantizer; check the path.",
  ));

test.run();
