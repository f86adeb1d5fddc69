/** @file Sites of imports: roles by name, by column and by map; ranks apart and together; values that come twice. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roleNamed, roleOf } from "../../../pipelines/imports/roleOf.ts";
import { scratch } from "../files/scratch.ts";
import { fileWith, imported, importedFiles, refusal, refusalOfFiles, shortly } from "./imported.ts";

const test = suite("imported sites");

test("a name tells a role by its last part and what stands before its first slash; gradients go first", () => {
  for (const [name, role] of [
    ["conv1/input", "activation"],
    ["conv1.weight", "weight"],
    ["gradients/conv1.weight", "gradient"],
    ["conv1.weight.grad", "gradient"],
    ["conv1/weight_grad", "gradient"],
    ["parameters/fc.bias", "weight"],
    ["features.0.outputActivation", "activation"],
    ["block/dX", "gradient"],
    ["a.grad.weight", "gradient"],
    ["a/grad_input", "gradient"],
    ["a.gradOutput", "gradient"],
    ["grad_checkpoint.conv1.weight", "weight"],
    ["activations/attn.out_proj", "activation"],
    ["encoder.output.dense", undefined],
    ["conv1", undefined],
    ["gradual", undefined],
  ] as const)
    assert.is(roleOf(name), role, name);
  for (const [word, role] of [
    ["W", "weight"],
    ["A", "activation"],
    ["dX", "gradient"],
    ["out", "activation"],
    ["weights", "weight"],
    ["grad_input", "gradient"],
    ["grad_output", "gradient"],
    ["gradOutput", "gradient"],
    ["grad weight", "gradient"],
    ["weight.grad", "gradient"],
    ["?", undefined],
  ] as const)
    assert.is(roleNamed(word), role, word);
});

test("a column of roles tells what names do not; several roles of one name are sites of their own", async () => {
  const { rows } = await imported("step,site,role,amax\n0,conv1,W,1\n0,conv1,dX,2\n0,fc,A,3\n");
  assert.equal(rows.map(shortly), [
    [0, "conv1/W", "weight", -1, 1],
    [0, "conv1/dX", "gradient", -2, 2],
    [0, "fc", "activation", -3, 3],
  ]);
});

test("a role that cannot be told is refused with the names; a map says it, renames sites and leaves some out", async () => {
  const text = "step,site,amax\n0,conv1,1\n0,conv2,2\n0,loss,3\n";
  assert.match(
    await refusal(text),
    /^conv1, conv2, loss: names that do not show a role, expected .*--map 'fc\*=activation'; --map 'PATTERN=none' leaves/,
  );
  const { rows, summary } = await imported(text, {
    map: { "*": "activation", "conv*": "gradient:layer*/dy", loss: "none" },
  });
  assert.equal(rows.map(shortly), [
    [0, "layer1/dy", "gradient", -1, 1],
    [0, "layer2/dy", "gradient", -2, 2],
  ]);
  assert.is(summary.leftOut, 1);
  assert.match(
    await refusal(text, { map: { "*": "activation:a" } }),
    /^a: conv1 and conv2, which get the same name, expected/,
  );
  assert.match(
    await refusal(text, { map: { "*": "input" } }),
    /^--map: "\*=input", expected PATTERN=ROLE or/,
  );
  assert.match(await refusal(text, { map: { "*a*b*c*d*": "none" } }), /^--map: 5 stars in/);
});

const ranked =
  "step,site,min,max,rank\n0,a/input,-1,2,0\n0,a/input,-3,1,1\n1,a/input,-1,1,0\n1,a/input,-2,5,1\n";

test("ranks are sites of their own, or one with the least min and the greatest max", async () => {
  const { rows } = await imported(ranked);
  assert.equal(
    rows.map((row) => [...shortly(row), row.foreign?.rank]),
    [
      [0, "rank0/a/input", "activation", -1, 2, 0],
      [0, "rank1/a/input", "activation", -3, 1, 1],
      [1, "rank0/a/input", "activation", -1, 1, 0],
      [1, "rank1/a/input", "activation", -2, 5, 1],
    ],
  );
  const merged = await imported(ranked, { ranks: "merge" });
  assert.equal(merged.rows.map(shortly), [
    [0, "a/input", "activation", -3, 2],
    [1, "a/input", "activation", -2, 5],
  ]);
  assert.equal(
    merged.rows.map(({ foreign }) => foreign?.rank),
    [undefined, undefined],
  );
});

test("a rank that is no whole number of a process is refused with its line; an empty one says nothing", async () => {
  for (const rank of ["0.9", "nan", "4294967296", "2147483648", "-2", "-1", "inf"])
    assert.match(
      await refusal(`step,site,rank,min,max\n0,a/input,0,-1,1\n1,a/input,${rank},-50,50\n`),
      /^FILE, line 3: rank \S+, expected a whole number from 0 to 2147483647\.$/,
      rank,
    );
  assert.match(
    await refusal('{"step": 0, "site": "a/input", "amax": 1, "rank": 1.5}\n'),
    /^FILE, line 1: rank 1\.5, expected a whole number from 0 to 2147483647\.$/,
  );
  const { rows } = await imported("step,site,rank,amax\n0,a/input,2147483647,1\n0,b/input,,2\n");
  assert.equal(
    rows.map(({ site, foreign }) => [site, foreign?.rank]),
    [
      ["rank2147483647/a/input", 2147483647],
      ["b/input", undefined],
    ],
  );
});

test("merged ranks know their ends as well as the less exact one, count all elements, and are not finite if one is not", async () => {
  const { rows } = await imported(
    "step,site,amax,decimals,count,rank\n0,a/input,1,1,5,0\n0,a/input,1.04,3,7,1\n1,a/input,1,1,5,0\n1,a/input,nan,1,7,1\n",
    { ranks: "merge" },
  );
  const [row, other] = rows;
  // The largest magnitude of rank 0 is from 0.95 to 1.05, that of rank 1 from 1.0395 to 1.0405: the greater one is from 1.0395 to 1.05.
  assert.ok(Math.abs((row?.stat.max ?? 0) - (1.0395 + 1.05) / 2) < 1e-12);
  assert.ok(Math.abs((row?.foreign?.maxError ?? 0) - (1.05 - 1.0395) / 2) < 1e-12);
  assert.is(row?.stat.count, 12);
  assert.equal([row?.verdict, other?.verdict], ["observed", "nonFinite"]);
  assert.match(
    await refusal("step,site,mean,std,rank\n0,a/input,1,1,0\n0,a/input,1,1,1\n", { ranks: "merge" }),
    /^--ranks merge: mean and standard deviation alone, of a\/input, expected/,
  );
});

test("the path of a file tells a rank; one rank alone has no prefix", async () => {
  const home = scratch();
  const files = [0, 1].map((rank) => {
    const dir = join(home, `rank_${rank}`);
    mkdirSync(dir);
    const path = join(dir, `stats_globalrank-${rank}.csv`);
    writeFileSync(path, `step,site,amax\n0,a/input,${rank + 1}\n1,a/input,${rank + 3}\n`);
    return path;
  });
  assert.equal((await importedFiles(files)).rows.map(shortly), [
    [0, "rank0/a/input", "activation", -1, 1],
    [0, "rank1/a/input", "activation", -2, 2],
    [1, "rank0/a/input", "activation", -3, 3],
    [1, "rank1/a/input", "activation", -4, 4],
  ]);
  assert.equal(
    (await importedFiles(files.slice(1))).rows.map(({ site }) => site),
    ["a/input", "a/input"],
  );
});

test("equal values twice are one; other ones are refused with both lines, or one of them is taken", async () => {
  const text = "step,site,amax\n0,a/input,1\n1,a/input,2\n0,a/input,1\n";
  const { rows, summary } = await imported(text);
  assert.equal([rows.length, summary.repeatedEqual], [2, 1]);
  const other = "step,site,amax\n0,a/input,1\n1,a/input,2\n0,a/input,3\n";
  assert.is(
    await refusal(other),
    "FILE, line 2 and line 4: amax 1 and 3 of a/input at step 0, expected one value for each step; --repeated first or --repeated last keeps one of them.",
  );
  for (const [repeated, max] of [
    ["first", 1],
    ["last", 3],
  ] as const) {
    const taken = await imported(other, { repeated });
    assert.equal(
      taken.rows.map(({ stat }) => stat.max),
      [max, 2],
    );
    assert.is(taken.summary.repeatedOther, 1);
  }
  const inOneStep = "step,site,stat,value\n0,a/input,max,1\n0,a/input,min,-1\n0,a/input,max,2\n";
  assert.match(
    await refusal(inOneStep),
    /^FILE, line 2 and line 4: max 1 and 2 of a\/input at step 0, expected/,
  );
});

test("a second histogram of a step is refused, or one of them is taken", async () => {
  const line = (counts: readonly number[]): string =>
    `${JSON.stringify({ step: 0, site: "a/input", bins: [0, 1, 2], counts })}\n`;
  const text = line([1, 2]) + line([3, 4]);
  assert.match(
    await refusal(text),
    /^FILE, line 2: a second histogram of a\/input at step 0, expected one for each step; --repeated first or --repeated last keeps one of them\.$/,
  );
  for (const [repeated, total] of [
    ["first", 3],
    ["last", 7],
  ] as const) {
    const { rows, summary } = await imported(text, { repeated });
    assert.is(
      rows[0]?.histogram?.counts?.reduce((sum, count) => sum + count),
      total,
    );
    assert.is(summary.repeatedOther, 1);
  }
});

test("several files are one recording; a value that two of them have differently is refused with both", async () => {
  const [one, two] = [
    fileWith("step,site,min\n0,a/input,-1\n1,a/input,-2\n"),
    fileWith('{"step": 1, "site": "a/input", "max": 4}\n{"step": 0, "site": "a/input", "max": 3}\n'),
  ];
  assert.equal((await importedFiles([one, two])).rows.map(shortly), [
    [0, "a/input", "activation", -1, 3],
    [1, "a/input", "activation", -2, 4],
  ]);
  const three = fileWith("step,site,min\n1,a/input,-9\n");
  const refused = await refusalOfFiles([one, two, three]);
  assert.is(
    refused,
    "FILE, line 3 and FILE, line 2: min -2 and -9 of a/input at step 1, expected one value for each step; --repeated first or --repeated last keeps one of them.",
  );
  assert.match(await refusalOfFiles([one, one]), /^FILE: given twice, expected each file once\.$/);
  assert.match(await refusalOfFiles([]), /^rangeflow import: no file, expected files with statistics\.$/);
});

test.run();
