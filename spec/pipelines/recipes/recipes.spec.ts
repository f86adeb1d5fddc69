/** @file Recipes: what each is on the command line, and those of one's own. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recipeCatalogue, recipeEntries } from "../../../pipelines/recipes/recipeCatalogue.ts";
import { recipeNamed } from "../../../pipelines/recipes/recipeNamed.ts";
import { settingsInForce } from "../../../pipelines/recipes/settingsInForce.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, small } from "../runs.ts";

const test = suite("recipes");
const home = scratch();

const refused = (recipe: string): Promise<string> => failureOf(settingsInForce({ recipe }));
const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

/** Settings that a recipe changes from their defaults. */
const changed = async (recipe: string): Promise<Partial<Settings>> =>
  Object.fromEntries(
    Object.entries(await settingsInForce({ recipe })).filter(
      ([name, value]) =>
        name !== "recipe" && value !== defaults[name as keyof Settings] && !Array.isArray(value),
    ),
  );

test("a recipe is called what it is listed as, and its options have defaults", async () => {
  assert.equal(
    recipeCatalogue.map(({ name }) => name),
    Object.keys(recipeEntries),
  );
  for (const { name, options } of recipeCatalogue) {
    assert.is((await settingsInForce({ recipe: name })).recipe, name);
    for (const option of Object.values(options)) assert.is.not(option.default, undefined, name);
  }
});

test("the recipe nvfp4 refuses a scale that E4M3 does not have, in its own words", async () => {
  assert.match(
    await refused("nvfp4:top=1000"),
    /nvfp4:top=1000, expected top=\.\. with a number from 1 to 448/,
  );
});

test("rules of a recipe name it, whoever has written it", async () => {
  const path = file("named.mjs", "export default { quantization: [{ weight: { bits: 4 } }] };");
  for (const [text, name] of [
    ["lbt", "lbt"],
    [path, path],
  ] as const) {
    const recipe = await recipeNamed("--recipe", text);
    assert.ok(E.isRight(recipe) && recipe.right.quantization.every((rule) => rule.recipe === name));
  }
});

test("settings show what a recipe says, in the words of the command line", async () => {
  assert.equal(await changed("lbt:bits=3"), {
    bits: "3/3/3",
    firstBits: "32/32/32",
    lastBits: "32/32/32",
    weightQuantizer: "lbt",
    activationQuantizer: "lbt",
    gradientQuantizer: "uniform:scheme=symmetric",
    gradientRange: "lbt",
  });
  assert.equal(await changed("sat"), {
    bits: "4/4/32",
    firstBits: "8/32/32",
    lastBits: "8/4/32",
    weightQuantizer: "sat",
    activationQuantizer: "cgPact",
  });
  assert.equal(await changed("statQuant"), {
    bits: "8/8/5",
    activationRange: "currentMinMax",
    gradientQuantizer: "psq",
    weightGradientBits: 8,
    weightGradientQuantizer: "ptq",
    weightGradientRange: "currentMinMax",
  });
  assert.equal(await changed("logBtq"), {
    bits: "8/7/8",
    weightRange: "fixed:lo=-1,hi=1",
    accumulator: "16:saturate",
    barrier: 30,
    lr: 0.01,
  });
  assert.equal(await changed("pdQat:bound=0.2"), {
    bits: "4/4/32",
    firstBits: "32/32/32",
    lastBits: "32/32/32",
    weightQuantizer: "sat:grid=original,rescale=stddev",
    activationQuantizer: "dorefa",
    constraint: 0.2,
  });
  assert.equal(await changed("niti"), {
    weightQuantizer: "niti",
    activationQuantizer: "niti",
    gradientQuantizer: "niti",
    optimizer: "niti",
    lr: 0.125,
    momentum: 0,
    weightDecay: 0,
  });
  assert.equal(await changed("float8:length=16"), {
    weightRange: "delayedScaling:length=16",
    activationRange: "delayedScaling:length=16",
    gradientRange: "delayedScaling:length=16",
    weightQuantizer: "float8:rounding=nearest",
    activationQuantizer: "float8:rounding=nearest",
    gradientQuantizer: "float8:rounding=nearest",
  });
  assert.equal(await changed("mx:bits=4,rounding=stochastic"), {
    bits: "4/4/4",
    weightQuantizer: "mx",
    activationQuantizer: "mx",
    gradientQuantizer: "mx:rounding=stochastic",
  });
  assert.equal(await changed("nvfp4:top=256"), {
    bits: "4/4/4",
    firstBits: "32/32/32",
    lastBits: "32/32/32",
    activationRange: "currentMinMax",
    gradientRange: "currentMinMax",
    weightQuantizer: "nvfp4:top=256",
    activationQuantizer: "nvfp4:top=256",
    gradientQuantizer: "nvfp4:top=256",
  });
  assert.is((await settingsInForce({ recipe: "luq" })).activationRange, "inHindsight(meanSquaredError)");
});

test("a recipe refuses options that contradict each other", async () => {
  assert.match(await refused("mx:bits=5"), /bits=5 with element=float.*expected 4, 6 or 8/);
  assert.ok(E.isRight(await recipeNamed("--recipe", "mx:bits=5,element=int")));
});

test("every recipe trains", async () => {
  for (const { name } of recipeCatalogue) {
    const done = await doneOf({ ...small, limit: 32, epochs: 1, recipe: name });
    assert.is(done.faults, 0, name);
  }
});

test("without one, or with none, settings are the defaults", async () => {
  assert.equal(await settingsInForce({}), defaults);
  assert.equal(await settingsInForce({ recipe: "none" }), defaults);
});

test("what a user wants goes before what the recipe says, and the rest has its default", async () => {
  const found = await settingsInForce({ recipe: "float32", epochs: 3 });
  assert.equal([found.bits, found.epochs, found.lr], ["32/32/32", 3, defaults.lr]);
  assert.is((await settingsInForce({ recipe: "float32", bits: "4/4/4" })).bits, "4/4/4");
  assert.is((await settingsInForce({ recipe: "niti", lr: 0.1 })).lr, 0.1);
});

test("a recipe of one's own, by path, with options of its own", async () => {
  const path = file(
    "mine.ts",
    `import { runningMinMax, type Rule } from "rangeflow";
export default {
  options: { bits: { type: "integer", default: 6, least: 2, most: 8, help: "of weights" } },
  make: ({ bits }: { readonly bits: number }) => ({
    quantization: [{ weight: { bits }, gradient: { range: runningMinMax() } }] satisfies readonly Rule[],
    training: { lr: 0.5, accumulator: { bits: 20, overflow: "wrap", backward: true } },
  }),
};`,
  );
  const found = await settingsInForce({ recipe: path, epochs: 2 });
  assert.equal(
    [found.bits, found.gradientRange, found.epochs, found.lr, found.accumulator],
    ["6/8/8", "runningMinMax", 2, 0.5, "20:wrap:all"],
  );
  assert.is((await settingsInForce({ recipe: `${path}:bits=3` })).bits, "3/8/8");
  assert.match(await refused(`${path}:bits=9`), /bits=.*from 2 to 8/);
});

test("what is wrong with a recipe has its sentence, all of it at once", async () => {
  assert.match(
    await refused("mine"),
    /^--recipe: recipe "mine", expected one of float32, .*or a path such as \.\/my-recipe\.ts/,
  );
  assert.match(await refused("lbq"), /^--recipe: recipe "lbq", expected lsq or lbt or luq\.$/);
  assert.match(await refused("lbt:bits=9,colour=1"), /bits=.*from 2 to 8.*\n.*colour/s);
  assert.match(
    await refused(file("a.ts", "export default 3;")),
    /exports number as default, expected a default export/,
  );
  assert.match(await refused(file("b.ts", "export default {};")), /exports a value without quantization/);
  const wrong = file(
    "c.ts",
    "export default { quantization: [{ weight: { bits: 9 } }, { at: 'conv1/*' }] };",
  );
  assert.equal((await refused(wrong)).split("\n"), [
    `--recipe, ${wrong}, quantization[0].weight.bits: 9, expected 2 to 8 bits, or 32 for float32.`,
    `--recipe, ${wrong}, quantization[1]: a rule without a plan, expected a plan for one of weight, activation, gradient, weightGradient.`,
  ]);
  assert.match(
    await refused(file("d.ts", "export default { quantization: [], training: { ll: 1 } };")),
    /training\.ll, expected lr\.$/,
  );
  assert.match(
    await refused(file("e.ts", "export default { quantization: [], training: { lr: -1 } };")),
    /^--lr: -1, expected a positive number/,
  );
  assert.match(
    await refused(file("f.ts", "export default { training: { accumulator: { bits: 1 } } };")),
    /training\.accumulator .*, expected \{ bits: 16/,
  );
  assert.match(
    await refused(file("g.ts", "export default { training: { get lr() { throw new Error('boom'); } } };")),
    /exports what cannot be looked at: boom/,
  );
});

test.run();
