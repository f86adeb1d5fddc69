/** @file Files of a user's own that declare options: `./fold.ts:length=9`, alone, inside of another, as estimator and as quantizer. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { estimatorNamed } from "../../../pipelines/settings/estimatorNamed.ts";
import { quantizerNamed } from "../../../pipelines/settings/quantizerNamed.ts";
import { fileIn, fileNamesIn } from "../../../pipelines/settings/userFiles.ts";
import { currentMinMax } from "../../../quantizers/estimators/currentMinMax.ts";
import { quantizerFor } from "../../../quantizers/quantizer.ts";
import { used } from "../../support/estimators.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("files with options");
const home = scratch();

const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

const fold = file(
  "fold.ts",
  `import { map, scan } from "rxjs";
   import { estimatorEntry } from "rangeflow/quantizers";
   export default estimatorEntry({
     name: "fold",
     summary: "the largest magnitude of the last tensors",
     source: "",
     isStatic: false,
     options: {
       length: { type: "integer", default: 2, least: 1, most: 99, help: "tensors that count" },
       factor: { type: "number", default: 1, least: 0, help: "widens the range" },
     },
     make: ({ length, factor }) => (observed$) => observed$.pipe(
       scan((last: number[], { min, max }) => [...last, Math.max(-min, max)].slice(-length), []),
       map((last) => ({ lo: -factor * Math.max(...last), hi: factor * Math.max(...last) })),
     ),
   });`,
);

const stats = [3, 1, 2, 1].map((max) => ({ min: 0, max, count: 8, nonFinite: 0 }));

const ends = async (text: string): Promise<readonly number[]> => {
  const named = await estimatorNamed("--gradient-range", text);
  if (E.isLeft(named)) throw new Error(named.left.map(describe).join("\n"));
  assert.is(named.right.name, text);
  return used(named.right.estimator, stats).map(({ range }) => range.hi);
};

const refusal = async (text: string): Promise<string> => {
  const named = await estimatorNamed("--gradient-range", text);
  return E.isLeft(named) ? named.left.map(describe).join("\n") : `${text} was accepted`;
};

test("options stand behind the path, as behind a built-in name", async () => {
  assert.equal(await ends(fold), [3, 3, 2, 2]);
  assert.equal(await ends(`${fold}:length=1`), [3, 1, 2, 1]);
  assert.equal(await ends(`${fold}:length=3,factor=2`), [6, 6, 6, 4]);
});

test("inside of another estimator, too", async () => {
  assert.equal(await ends(`inHindsight(${fold}:length=1)`), [3, 3, 1, 2]);
  assert.equal(await ends(`frozen(inHindsight(${fold}:length=1):lo=0,hi=9):tensors=2`), [9, 3, 3, 3]);
});

test("everything that is wrong with them is said at once", async () => {
  assert.is(
    await refusal(`${fold}:lenght=3,factor=-1`),
    [
      `--gradient-range: option "lenght" of ${fold}, expected length.`,
      `--gradient-range: ${fold}:factor=-1, expected factor=.. with a number from 0.`,
    ].join("\n"),
  );
  assert.match(
    await refusal(`${fold}:length=2,length=3`),
    /length given twice for .*, expected length once\.$/,
  );
  assert.match(
    await refusal(`${fold}:length`),
    /fold\.ts:length, expected length=\.\. with an integer from 1/,
  );
  assert.match(await refusal(`${fold}:`), /option "" of \S+fold\.ts, expected length or factor/);
  assert.match(await refusal(`${join(home, "none.ts")}:length=2`), /no file \S+none\.ts, expected a module/);
});

test("a plain function takes no options, and the sentence says how it could", async () => {
  const plain = file("plain.mjs", "export default (observed$) => observed$;");
  assert.match(
    await refusal(`${plain}:length=2`),
    /plain\.mjs takes no options, expected a default export .*; export default \{ options: \{ \.\. \}, make: /,
  );
});

test("what a file declares wrongly is refused by its name, and so is a make that throws or makes no estimator", async () => {
  const declaring = (name: string, options: string, make = "() => (x) => x"): string =>
    file(name, `export default { options: ${options}, make: ${make} };`);
  assert.match(
    await refusal(declaring("type.mjs", '{ length: { type: "int", help: "" } }')),
    /type\.mjs, option "length": type "int", expected one of number, integer, /,
  );
  assert.match(
    await refusal(declaring("default.mjs", '{ length: { type: "integer", help: "", default: 1.5 } }')),
    /default\.mjs, option "length": default 1\.5, expected an integer\.$/,
  );
  assert.match(
    await refusal(declaring("throws.mjs", "{}", '() => { throw new Error("boom"); }')),
    /throws\.mjs throws when it is made: boom, expected/,
  );
  const wrong = 'import { inHindsight } from "rangeflow";';
  assert.match(
    await refusal(
      file("wrong.mjs", `${wrong} export default { options: {}, make: () => inHindsight({ decay: 5 }) };`),
    ),
    /wrong\.mjs, inHindsight: decay 5, expected a number from 0 to 1\.$/,
  );
  assert.match(
    await refusal(declaring("number.mjs", "{}", "() => 3")),
    /number\.mjs exports number as default, expected/,
  );
});

test("a quantizer's file takes options, too", async () => {
  const path = file(
    "coarse.ts",
    `import { projectionEntry } from "rangeflow/quantizers";
     export default projectionEntry({
       name: "coarse", summary: "multiples of a step", source: "",
       options: { step: { type: "number", default: 1, least: 0.01, help: "distance of levels" } },
       make: ({ step }) => ({
         name: "coarse", follows: "range", rounding: "nearest",
         project: (x) => ({ values: x.map((v) => step * Math.round(v / step)), clipped: 0 }),
       }),
     });`,
  );
  const base = quantizerFor("activation", 8, { name: "currentMinMax", estimator: currentMinMax() });
  const projected = async (text: string): Promise<readonly number[]> => {
    const named = await quantizerNamed("--activation-quantizer", text);
    if (E.isLeft(named)) throw new Error(named.left.map(describe).join("\n"));
    assert.is(named.right.name, text);
    const { projection } = named.right.choose(base, "activation");
    return [...projection!.project(Float32Array.of(0.6, 1.6), {} as never).values];
  };
  assert.equal(await projected(path), [1, 2]);
  assert.equal(await projected(`${path}:step=4`), [0, 0]);
  const wrong = await quantizerNamed("--activation-quantizer", `${path}:step=0`);
  assert.match(
    E.isLeft(wrong) ? wrong.left.map(describe).join() : "",
    /coarse\.ts:step=0, expected step=\.\./,
  );
});

test("a path ends where options begin, and files are known by their paths alone", () => {
  const cases = [
    ["./fold.ts", "./fold.ts", 0],
    ["./fold.ts:length=9", "./fold.ts", 1],
    ["fold.mjs:a=1,b=2", "fold.mjs", 2],
    ["./a:b/fold.ts:length=9", "./a:b/fold.ts", 1],
    ["/dir/module:length=9", "/dir/module", 1],
    ["../module", "../module", 0],
  ] as const;
  for (const [text, path, options] of cases) {
    assert.is(fileIn(text)?.name, path, text);
    assert.is(fileIn(text)?.given.length, options, text);
  }
  for (const text of ["inHindsight:decay=0.5", "uniform", ""]) assert.is(fileIn(text), undefined, text);
  assert.equal(
    fileNamesIn({
      gradientRange: "inHindsight(./fold.ts:length=9):lo=0,hi=1",
      weightQuantizer: "./q.ts:step=2",
    }),
    ["./fold.ts", "./q.ts"],
  );
});

test.run();
