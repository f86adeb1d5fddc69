/** @file Options of files with names that mean something elsewhere: in a run's identity, in tables, or in every JavaScript object. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("names of a file's options");
const home = scratch();
const before = process.cwd();
process.chdir(home);
test.after(() => process.chdir(before));

/** A file whose option of this name is the width of its network, and which has further options. */
const file = (name: string, option: string, further = "", value = "8"): string => {
  writeFileSync(
    join(home, name),
    `import { absoluteError, dense, experimentWith, fromArrays, quantized } from "rangeflow";
const x = Float32Array.from({ length: 32 }, (_, i) => i / 32);
export default experimentWith({
  options: { ${option}: { type: "integer", default: 4, least: 1, help: "width" }, ${further} },
  make: (values) => ({
    network: quantized(dense)("output", { units: values["${option}"] }),
    data: fromArrays(x, new Float32Array(${value} * 16).fill(0.5), [1, 1, 2], { test: 0.25 }),
    loss: absoluteError(),
    batch: 4,
    epochs: 1,
  }),
});
`,
  );
  return `./${name}`;
};

const line = (...args: readonly string[]) => answerTo([...args, "--engine", "simd", "--threads", "1"]);

test("an option called experiment is refused, since an edited file would go unnoticed", async () => {
  const { err, code } = await line("train", file("taken.ts", "experiment"), "--out", "taken");
  assert.is(
    err,
    './taken.ts, option "experiment": the name under which runs keep the file itself, expected another name; an edited file would go unnoticed.\n',
  );
  assert.is(code, 2);
});

for (const [name, flag] of [
  ["constructor", "constructor"],
  ["toString", "to-string"],
] as const)
  test(`an option called ${name} is one like any other`, async () => {
    const mine = file(`${name}.ts`, name, "", "4");
    const wrong = await line("train", mine, `--${flag}`, "none", "--out", `${name}1`);
    assert.match(wrong.err, new RegExp(`^--${flag}: none, expected an integer`));
    const trained = await line("train", mine, `--${flag}`, "4", "--out", `${name}2`);
    assert.is(trained.code, 0, trained.err);
    const plain = await line("train", mine, "--resume", "--out", `${name}2`);
    assert.is(plain.code, 0, plain.err);
  });

test("a grid varies such an option", async () => {
  const mine = file("grid.ts", "constructor", "", "4");
  const { code, err, out } = await line(
    "compare",
    mine,
    "--grid",
    "constructor=4",
    "--jobs",
    "1",
    "--out",
    "grid",
  );
  assert.is(code, 0, err);
  assert.not.match(out, /native code/);
});

test("beside a file that has such an option, one without it has no value there", async () => {
  const one = file("one.ts", "constructor", "", "4");
  const two = file("two.ts", "width", "", "4");
  const { code, out, err } = await line("compare", one, two, "--seeds", "1", "--jobs", "1", "--out", "both");
  assert.is(code, 0, err);
  assert.not.match(`${out}${readFileSync(join(home, "both", "runs.csv"), "utf8")}`, /native code/);
});

test("a text that looks like a path, in an option whose name ends like that of a setting, names no file", async () => {
  const further = 'noiseRange: { type: "text", default: "./none.ts", help: "" }';
  const mine = file("noise.ts", "width", further, "4");
  const { code, err } = await line("train", mine, "--out", "noise");
  assert.is(code, 0, err);
  const resumed = await line("train", mine, "--resume", "--out", "noise");
  assert.is(resumed.code, 0, resumed.err);
});

test("an option called network is in the table of runs, and told where it differs from a saved run", async () => {
  const further =
    'network: { type: "integer", default: 1, help: "" }, other: { type: "integer", default: 1, help: "" }';
  const mine = file("network.ts", "width", further, "4");
  const grid = await line(
    "compare",
    mine,
    "--grid",
    "network=1,2",
    "--seeds",
    "1",
    "--jobs",
    "1",
    "--out",
    "n",
  );
  assert.is(grid.code, 0, grid.err);
  assert.match(readFileSync(join(home, "n", "runs.csv"), "utf8").split("\n")[0]!, /,network,/);
  assert.is((await line("train", mine, "--out", "net")).code, 0);
  const { err } = await line("train", mine, "--network", "2", "--other", "2", "--resume", "--out", "net");
  assert.match(err, /--network 2, --other 2, expected 1 as in the saved run/);
});

test.run();
