/** @file `rangeflow estimators NAME`: what each option takes, of built-in methods and of a user's own file. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeflow } from "../../../pipelines/cli/rangeflow.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("rangeflow estimators");
const home = scratch();

const file = (name: string, text: string): string => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};

test("one method with type, bounds, default and help of each option", async () => {
  const { code, out } = await answerTo(["estimators", "lbt"]);
  assert.is(code, 0);
  assert.match(out, /^lbt: range estimator, dynamic$/m);
  assert.match(out, /^rate +a number from 0\.000001 to 1 +0\.001 +by how much the factor moves/m);
  assert.match(out, /^lbt: quantizer of weight, activation, products integer$/m);
  assert.match(out, /^sign +auto or signed or unsigned +auto +whether/m);
  assert.match(
    out,
    /^Written lbt:share=0\.001,rate=0\.001; options that are left out have their defaults\.$/m,
  );
});

test("what has to be known before a method is used stands below its source, and in JSON", async () => {
  for (const [name, setting] of [
    ["qsgd", "bucket=512"],
    ["binGrad", "--last-bits 32/32/32"],
    ["dorefa", "rescale=stddev"],
  ] as const) {
    const { out } = await answerTo(["estimators", name]);
    const [, , source, note] = out.split("\n");
    assert.match(source as string, /arXiv/);
    assert.ok(note?.includes(setting) && note.includes("docs/what-does-not-train.md"), note);
    const [line] = (await answerTo(["estimators", name, "--json"])).out.split("\n");
    assert.is(JSON.parse(line as string).note, note);
  }
  assert.not.ok((await answerTo(["estimators", "psq"])).out.includes("what-does-not-train"));
});

test("a file of a user's own shows the options that it declares", async () => {
  const path = file(
    "fold.mjs",
    `export default {
       summary: "the last tensors",
       note: "wants a long memory",
       options: { length: { type: "integer", least: 1, most: 99, default: 9, help: "tensors that count" } },
       make: () => (observed$) => observed$,
     };`,
  );
  const { code, out } = await answerTo(["estimators", path]);
  assert.is(code, 0);
  assert.match(out, /fold\.mjs: a method of your own\nthe last tensors\nwants a long memory\n/);
  assert.match(out, /^length +an integer from 1 to 99 +9 +tensors that count$/m);
  const { out: json } = await answerTo(["estimators", path, "--json"]);
  assert.is(JSON.parse(json).options.length.most, 99);
});

test("a plain function has no options; what is no method is refused", async () => {
  const plain = file("plain.mjs", "export default (observed$) => observed$;");
  assert.match((await answerTo(["estimators", plain])).out, /It has no options\./);
  const wrong = await answerTo(["estimators", file("wrong.mjs", "export default 3;")]);
  assert.is(wrong.code, 2);
  assert.match(wrong.err, /wrong\.mjs exports number as default, expected an estimator, a quantizer/);
  const declared = await answerTo([
    "estimators",
    file("declared.mjs", "export default { options: { a: 3 }, make: () => 1 };"),
  ]);
  assert.match(declared.err, /declared\.mjs, option "a": 3, expected an object such as/);
  assert.match((await answerTo(["estimators", "inhindsigt"])).err, /"inhindsigt", expected inHindsight\.$/m);
  assert.match((await answerTo(["estimators", "./none.ts"])).err, /no file \.\/none\.ts/);
});

test("the lists fit into the width of the terminal, and into 100 columns without one", async () => {
  for (const columns of [undefined, 132, 80, 50]) {
    let out = "";
    const said = (text: string): void => {
      out += text;
    };
    await rangeflow(["estimators"], {
      ...{ out: said, err: said, draw: () => {} },
      ...(columns !== undefined && { columns }),
    });
    const long = out.split("\n").filter((line) => line.length > (columns ?? 100));
    assert.equal(long, []);
    for (const name of ["inHindsight(E)", "directQuantization", "unifiedInt8"])
      assert.match(out, new RegExp(`^ {2}${name.replace(/[()]/g, "\\$&")}( |$)`, "m"));
  }
});

test.run();
