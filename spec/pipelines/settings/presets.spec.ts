import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { presets } from "../../../pipelines/settings/presets.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { settingsOf } from "../../../pipelines/settings/settingsInForce.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, small } from "../runs.ts";

const test = suite("presets");
const home = scratch();

const settings = async (wanted: Readonly<Record<string, unknown>>): Promise<Settings> => {
  const found = await settingsOf(wanted);
  if (E.isLeft(found)) throw new Error(found.left.map(describe).join("\n"));
  return found.right;
};
const refused = async (preset: string): Promise<string> => {
  const found = await settingsOf({ preset });
  return E.isLeft(found) ? found.left.map(describe).join("\n") : "";
};
const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

test("every preset gives settings that are right", async () => {
  for (const preset of Object.keys(presets)) assert.is((await settings({ preset })).preset, preset);
});

test("every preset trains", async () => {
  for (const preset of Object.keys(presets) as (keyof typeof presets)[]) {
    const done = await doneOf({ ...small, limit: 32, epochs: 1, preset });
    assert.is(done.faults, 0, preset);
  }
});

test("without one, settings are the defaults", async () => assert.equal(await settings({}), defaults));

test("what a user wants goes before what the preset says, and the rest has its default", async () => {
  const found = await settings({ preset: "float32", epochs: 3 });
  assert.equal([found.bits, found.epochs, found.lr], ["32/32/32", 3, defaults.lr]);
  assert.is((await settings({ preset: "float32", bits: "4/4/4" })).bits, "4/4/4");
});

test("a preset of one's own, by path", async () => {
  const path = file(
    "mine.ts",
    `export default { settings: { bits: "6/6/6", gradientRange: "runningMinMax" } };`,
  );
  const found = await settings({ preset: path, epochs: 2 });
  assert.equal([found.bits, found.gradientRange, found.epochs], ["6/6/6", "runningMinMax", 2]);
});

test("a name that is none, a module without settings, and wrong settings in one each have their sentence", async () => {
  assert.match(await refused("mine"), /^--preset: preset "mine", expected one of none, .*or a path such as/);
  assert.match(
    await refused(file("a.ts", "export default 3;")),
    /exports number as default, expected a default export/,
  );
  assert.match(await refused(file("b.ts", "export default {};")), /exports a value without settings/);
  assert.match(
    await refused(file("c.ts", `export default { settings: { bits: "9/9/9" } };`)),
    /^--bits: "9\/9\/9", expected three/,
  );
});

test.run();
