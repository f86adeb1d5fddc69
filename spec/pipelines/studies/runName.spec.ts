import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import type { UserFile } from "../../../pipelines/settings/userFiles.ts";
import { runName } from "../../../pipelines/studies/runName.ts";

const test = suite("runName");

const sha = (digit: string): string => digit.repeat(64);

const dataOf = (digit: string) => ({ sha256: sha(digit), train: 1, test: 1 });

const named = (
  settings: Partial<Settings>,
  axes: Parameters<typeof runName>[1] = [],
  { files = [], data = dataOf("a"), numerics = 1 }: Partial<Parameters<typeof runName>[0]> = {},
): string =>
  runName({ from: "settings", settings: { ...defaults, ...settings }, files, data, numerics }, axes);

const mine = (contents: string, name = "./mine.ts"): UserFile => ({
  name,
  path: name,
  contents: { ".": contents },
});

test("it says what differs from the defaults, in the order of the settings, and the seed", () => {
  assert.is(named({}), "seed=1");
  assert.is(
    named({ lr: 0.1, bits: "4/4/4", data: "mnist", seed: 3 }),
    "data=mnist-aaaaaaaa,bits=4.4.4,lr=0.1,seed=3",
  );
});

test("where the data lie, and how many threads there are, is no part of it, unless a study varies it", () => {
  assert.is(named({ dataDir: "/data", threads: 2 }), "seed=1");
  assert.is(named({ dataDir: "/data", threads: 2 }, ["threads", "bits"]), "threads=2,seed=1");
  assert.is(named({ dataDir: "/data", patience: 5 }, ["dataDir", "patience"]), "seed=1");
});

test("it is the same whatever settings a study varies otherwise", () => {
  assert.is(named({ bits: "4/4/4" }, ["lr"]), named({ bits: "4/4/4" }, ["bits", "epochs"]));
});

test("data in files are there by their content, embedded data by their name alone", () => {
  const other = { data: dataOf("b") };
  assert.is(named({ data: "mnist" }, [], other), "data=mnist-bbbbbbbb,seed=1");
  assert.is(named({ data: "glyphsX2" }, [], other), "data=glyphsX2,seed=1");
});

test("a file of one's own is there by its contents, wherever it lies", () => {
  const of = (file: UserFile): string => named({ gradientRange: file.name }, [], { files: [file] });
  assert.match(of(mine("1")), /^gradient-range=mine\.ts-[0-9a-f]{8},seed=1$/);
  assert.is(of(mine("1", "../elsewhere/mine.ts")), of(mine("1")));
  assert.is.not(of(mine("2")), of(mine("1")));
  const inside = (contents: string): string =>
    named({ gradientRange: "inHindsight(./mine.ts)" }, [], { files: [mine(contents)] });
  assert.is.not(inside("2"), inside("1"));
});

test("later versions of the numerics are another run", () => {
  assert.is(named({}, [], { numerics: 3 }), "numerics=3,seed=1");
});

test("what does not belong into a file name is left out, and a hash tells such names apart", () => {
  const names = ["inHindsight:decay=0.5", "inHindsight:decay=0.9", "x".repeat(300)].map((activationRange) =>
    named({ activationRange }),
  );
  for (const name of names) assert.match(name, /^activation-range=[\w.=,-]{1,160}$/);
  for (const name of names) assert.match(name, /-[0-9a-f]{8}$/);
  assert.is(new Set(names).size, names.length);
});

test.run();
