/** @file What a stranger adds in three files of his own, outside of the package, and names by path on the command line. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo, rangeflow, smallArgs } from "../runs.ts";

const test = suite("a stranger's estimator, quantizer and recipe");
const home = scratch();

const file = (name: string, lines: readonly string[]): string => {
  const path = join(home, name);
  assert.ok(lines.length < 40);
  writeFileSync(path, lines.join("\n"));
  return path;
};

/** The widest tensor so far, ahead of each: static from the second one on. */
const estimator = file("widest.ts", [
  `import { map, scan } from "rxjs";`,
  `import { inHindsight, type RangeEstimator } from "rangeflow";`,
  ``,
  `const widest: RangeEstimator = (observed$) =>`,
  `  observed$.pipe(`,
  `    scan((most, { min, max }) => Math.max(most, -min, max), 0),`,
  `    map((most) => ({ lo: -most, hi: most })),`,
  `  );`,
  ``,
  `export default inHindsight(widest);`,
]);

/** Levels whose distance grows with the square of their number. */
const quantizer = file("squares.ts", [
  `import { codebookProjection } from "rangeflow";`,
  ``,
  `export default codebookProjection("squares", ({ bits, range }) => {`,
  `  const most = 2 ** (bits - 1) - 1;`,
  `  const bound = Math.max(-range.lo, range.hi);`,
  `  const level = (k: number): number => (Math.sign(k) * bound * k * k) / (most * most);`,
  `  return { levels: Float32Array.from({ length: 2 * most + 1 }, (_, i) => level(i - most)) };`,
  `});`,
]);

const recipe = file("mine.ts", [
  `import squares from "./squares.ts";`,
  `import widest from "./widest.ts";`,
  ``,
  `export default {`,
  `  summary: "squares for weights, the widest tensor for gradients",`,
  `  source: "",`,
  `  options: { bits: { type: "integer", default: 6, least: 2, most: 8, help: "of weights" } },`,
  `  make: ({ bits }: { readonly bits: number }) => ({`,
  `    quantization: [{ weight: { bits, quantizer: squares }, gradient: { range: widest } }],`,
  `  }),`,
  `};`,
]);

test("the recipe by its path uses both others, and the run replays to the bit", async () => {
  const out = join(home, "run");
  const trained = await rangeflow(["train", ...smallArgs, "--recipe", recipe, "--json", "--out", out]);
  assert.is(trained.code, 0, trained.err);
  const done = JSON.parse(trained.out.trimEnd().split("\n").at(-1) ?? "");
  assert.equal([done.event, done.faults], ["done", 0]);
  const gradients = done.roles.find(({ role }: { readonly role: string }) => role === "gradient");
  assert.equal([gradients.staticSites, gradients.dynamicSites], [5, 0]);
  const verified = await Promise.all([
    answerTo(["replay", out, "--verify", "--estimator", recipe]),
    answerTo(["replay", out, "--verify", "--trust"]),
    answerTo(["replay", out, "--verify"]),
  ]);
  assert.equal(
    verified.map(({ code }) => code),
    [0, 0, 2],
  );
  assert.match(
    verified[2].err,
    /^--verify: the file \S+mine\.ts of the saved run is not named, .*; name it, --estimator \S+mine\.ts; /,
  );
});

test("each of them also by itself, and options go before the recipe, which takes some, too", async () => {
  const each = [
    ["--gradient-range", estimator],
    ["--quantizer-at", `*/weight=${quantizer}`],
    ["--recipe", recipe, "--weight-quantizer", "uniform"],
    ["--recipe", `${recipe}:bits=3`],
  ];
  const hashes = new Set<string>();
  for (const options of each) {
    const { code, out, err } = await answerTo([
      ...["train", ...smallArgs, ...options, "--json"],
      ...["--out", join(home, `run${hashes.size}`)],
    ]);
    assert.is(code, 0, err);
    hashes.add(JSON.parse(out.trimEnd().split("\n").at(-1) ?? "").weightsSha256);
  }
  assert.is(hashes.size, 4);
});

test.run();
