import { suite } from "uvu";
import * as assert from "uvu/assert";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { runName } from "../../../pipelines/studies/runName.ts";

const test = suite("runName");

const named = (settings: Partial<Settings>, axes: Parameters<typeof runName>[1] = []): string =>
  runName({ ...defaults, ...settings }, axes);

test("it says what differs from the defaults, in the order of the settings, and the seed", () => {
  assert.is(named({}), "seed=1");
  assert.is(named({ lr: 0.1, bits: "4/4/4", data: "mnist", seed: 3 }), "data=mnist,bits=4.4.4,lr=0.1,seed=3");
});

test("where the data lie, and how many threads there are, is no part of it, unless a study varies it", () => {
  assert.is(named({ dataDir: "/data", threads: 2 }), "seed=1");
  assert.is(named({ dataDir: "/data", threads: 2 }, ["threads", "bits"]), "threads=2,seed=1");
});

test("it is the same whatever settings a study varies otherwise", () => {
  assert.is(named({ bits: "4/4/4" }, ["lr"]), named({ bits: "4/4/4" }, ["bits", "epochs"]));
});

test("what does not belong into a file name is left out, and a hash tells such names apart", () => {
  const names = ["./a.ts", "../a.ts", "inHindsight:decay=0.5", "inHindsight:decay=0.9", "x".repeat(300)].map(
    (activationRange) => named({ activationRange }),
  );
  for (const name of names) assert.match(name, /^activation-range=[\w.=,-]{1,160}$/);
  for (const name of names) assert.match(name, /-[0-9a-f]{8}$/);
  assert.is(new Set(names).size, names.length);
});

test.run();
