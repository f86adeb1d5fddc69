/** @file Data by name: what `--data`, `--limit` and `--augment` stand for. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dataCatalogue } from "../../../pipelines/data/dataCatalogue.ts";
import { dataNamed } from "../../../pipelines/data/dataNamed.ts";
import { defaults, type Settings } from "../../../pipelines/settings/settings.ts";
import { directory, failureOf } from "./tinyImageNetFolders.ts";

const test = suite("dataNamed");

const names = Object.keys(dataCatalogue) as readonly Settings["data"][];
const isEmbedded = (name: Settings["data"]): boolean => dataCatalogue[name].isEmbedded;
const namesOf = (task: string) => names.filter((name) => dataCatalogue[name].task === task);

const read = (settings: Partial<Settings>) => dataNamed({ ...defaults, limit: 4, testLimit: 2, ...settings });

test("embedded data need no files; they have their name, and no more images than are asked for", async () => {
  const embedded = names.filter(isEmbedded);
  assert.equal(embedded, ["glyphs", "glyphsX2", "scenes"]);
  for (const data of embedded) {
    const found = await read({ data });
    assert.equal([found.name, found.content().train, found.content().test], [data, 4, 2]);
  }
});

test("the name tells the task: targets are classes, images or boxes", async () => {
  const dataDir = await directory();
  const shapes = { glyphs: undefined, tinyImageNet: undefined, tinyImageNetX2: [48, 48, 3] } as const;
  for (const [data, targetShape] of Object.entries(shapes))
    assert.equal((await read({ data: data as Settings["data"], dataDir })).targetShape, targetShape);
  assert.equal((await read({ data: "scenes" })).targetShape, [1, 6, 5]);
  const { targetShape, classes } = await read({ data: "tinyImageNetBoxes", dataDir });
  assert.equal(
    [targetShape, classes],
    [
      [1, 1, 5],
      ["n2", "n1"],
    ],
  );
  assert.equal(namesOf("detection"), ["scenes", "tinyImageNetBoxes"]);
  assert.equal(namesOf("super-resolution"), ["glyphsX2", "tinyImageNetX2"]);
});

test("photographs are augmented, with their boxes mirrored; letters, digits and signs stay as they are", async () => {
  const dataDir = await directory();
  const variantOf = async (data: Settings["data"], augment: boolean) =>
    (await read({ data, dataDir, augment })).variant;
  assert.is(await variantOf("tinyImageNet", true), "augmented");
  assert.is(await variantOf("tinyImageNetBoxes", true), "mirrored");
  assert.is(await variantOf("glyphsX2", true), "augmented pairs");
  for (const data of ["glyphs", "scenes"] as const) assert.is(await variantOf(data, true), undefined);
  for (const data of ["tinyImageNet", "tinyImageNetBoxes"] as const)
    assert.is(await variantOf(data, false), undefined);
});

test("data of files without a directory are refused, with embedded data for the same task", async () => {
  const embedded = { classification: "glyphs", "super-resolution": "glyphsX2", detection: "scenes" };
  for (const data of names.filter((name) => !isEmbedded(name)))
    assert.is(
      await failureOf(() => read({ data })),
      `--data ${data}: no directory of its files, expected --data-dir DIR; or use --data ${embedded[dataCatalogue[data].task]}.`,
    );
});

test.run();
