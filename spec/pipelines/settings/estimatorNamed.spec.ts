import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import type { RangeStat } from "../../../core/range.ts";
import { estimatorNamed } from "../../../pipelines/settings/estimatorNamed.ts";
import type { NamedEstimator } from "../../../quantizers/quantizer.ts";
import { used } from "../../support/estimators.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("estimatorNamed");
const home = scratch();

const module = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

const named = async (text: string): Promise<NamedEstimator> => {
  const estimator = await estimatorNamed("--gradient-range", text);
  if (E.isLeft(estimator)) throw new Error(estimator.left.map(describe).join("\n"));
  return estimator.right;
};

const refused = async (text: string): Promise<string> => {
  const estimator = await estimatorNamed("--gradient-range", text);
  return E.isLeft(estimator) ? estimator.left.map(describe).join("\n") : "";
};

const stats: readonly RangeStat[] = [
  { min: -1, max: 2, count: 8, nonFinite: 0 },
  { min: -3, max: 4, count: 8, nonFinite: 0 },
];
const rangesOf = ({ estimator }: NamedEstimator): readonly string[] =>
  used(estimator, stats).map(({ range, isStatic }) => `${range.lo} ${range.hi} ${isStatic}`);

test("a built-in estimator goes by its name and options", async () => {
  const estimator = await named("inHindsight:decay=0.5");
  assert.is(estimator.name, "inHindsight:decay=0.5");
  assert.equal(rangesOf(estimator), ["-1 2 false", "-1 2 true"]);
});

test("a TypeScript module by path, wherever it lies, with RxJS and Rangeflow as they are here", async () => {
  const path = module(
    "mine.ts",
    `import { map, type OperatorFunction } from "rxjs";
     import { runningMinMax, type RangeEstimator } from "rangeflow/quantizers";
     enum Factor { Two = 2 }
     const doubled: OperatorFunction<{ lo: number; hi: number }, { lo: number; hi: number }> =
       map(({ lo, hi }) => ({ lo: Factor.Two * lo, hi: Factor.Two * hi }));
     const mine: RangeEstimator = (observed$) => observed$.pipe(runningMinMax({ decay: 0 }), doubled);
     export default mine;`,
  );
  const estimator = await named(path);
  assert.is(estimator.name, path);
  assert.equal(rangesOf(estimator), ["-2 4 false", "-6 8 false"]);
});

test("JavaScript modules of both kinds", async () => {
  const body = "({ min, max }) => ({ lo: min, hi: max })";
  const esm = module("mine.mjs", `import { map } from "rxjs"; export default map(${body});`);
  const cjs = module("mine.cjs", `const { map } = require("rxjs"); exports.default = map(${body});`);
  for (const path of [esm, cjs]) assert.equal(rangesOf(await named(path)), ["-1 2 false", "-3 4 false"]);
});

test("a module may stand inside of a combinator", async () => {
  const path = module(
    "doubled.ts",
    'import { map, type Observable } from "rxjs"; interface S { max: number }\n' +
      "export default (observed$: Observable<S>) => observed$.pipe(map(({ max }) => ({ lo: -2 * max, hi: 2 * max })));",
  );
  const late = await named(`inHindsight(${path})`);
  assert.is(late.name, `inHindsight(${path})`);
  assert.equal(rangesOf(late), ["-4 4 false", "-4 4 true"]);
  assert.equal(rangesOf(await named(`frozen(inHindsight(${path}):lo=0,hi=1):tensors=1`)), [
    "0 1 true",
    "0 1 true",
  ]);
  assert.match(await refused("inHindsight(./no/such.ts)"), /^--gradient-range: no file \.\/no\/such\.ts/);
  assert.match(
    await refused(`fixed(${path})`),
    /combinator "fixed", expected one of frozen, held, inHindsight\.$/,
  );
});

const expected =
  "expected a default export that is a function from Observable<RangeStat> to Observable<Range>";

/** A module's text, and what is found; the path stands for PATH. */
const wrong: readonly (readonly [string, string])[] = [
  ["export const x = 1;", `PATH has no default export, ${expected}.`],
  ["export default 42;", `PATH exports number as default, ${expected}.`],
  ["export default () => 42;", `PATH exports a function that does not return an Observable, ${expected}.`],
  [
    "export default () => async () => {};",
    `PATH exports a function that returns a function, ${expected}; export the result of calling it.`,
  ],
  ['export default () => { throw new Error("boom"); };', `PATH throws when it is called: boom, ${expected}.`],
  [
    'import { throwError } from "rxjs"; export default () => throwError(() => new Error("boom"));',
    `PATH fails when it is subscribed to: boom, ${expected}.`,
  ],
  [
    'throw new Error("two\\n  lines");',
    "PATH cannot be loaded at line 1: two lines, expected a module that runs.",
  ],
  [
    'import "no-such-package"; export default 1;',
    "PATH cannot be loaded at line 1: Cannot find module 'no-such-package', expected a module that runs.",
  ],
];

for (const [n, [text, sentence]] of wrong.entries())
  test(`refused in one sentence: ${text}`, async () => {
    const path = module(`wrong${n}.ts`, text);
    assert.is(await refused(path), `--gradient-range: ${sentence.replace("PATH", path)}`);
  });

test("a module that cannot be parsed is named with the place", async () =>
  assert.match(
    await refused(module("broken.ts", "export default (a => {;")),
    /^--gradient-range: \S+broken\.ts cannot be loaded( at line 1)?: \S.*broken\.ts:\d+:\d+, expected a module that runs\.$/,
  ));

test("a module imports every entrance of the package", async () => {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly exports: object };
  const entrances = Object.keys(exports).filter((name) => !name.endsWith(".json"));
  assert.ok(entrances.length > 6);
  const imports = entrances.map((name, i) => `import * as m${i} from "rangeflow${name.slice(1)}";`);
  const used = entrances.map((_, i) => `Object.keys(m${i}).length > 0`).join(" && ");
  const text = `${imports.join("\n")}\nexport default ${used} ? m0.inHindsight() : 0;`;
  assert.is(E.isRight(await estimatorNamed("--gradient-range", module("entrances.ts", text))), true);
});

test("a name or path that is not there", async () => {
  assert.is(await refused("inHindsite"), '--gradient-range: estimator "inHindsite", expected inHindsight.');
  assert.match(await refused("nope"), /^--gradient-range: estimator "nope", expected one of currentM/);
  assert.is(
    await refused("./no/such.ts"),
    "--gradient-range: no file ./no/such.ts, expected a module with an estimator; check the path.",
  );
});

test.run();
