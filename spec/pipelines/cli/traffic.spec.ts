/** @file `rangeflow traffic` counts layers and models of any size at once, and refuses what it cannot count. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeflow } from "../../../pipelines/cli/rangeflow.ts";

const test = suite("rangeflow traffic");

const answered = async (...args: readonly string[]) => {
  let out = "";
  let err = "";
  const code = await rangeflow(["traffic", ...args], {
    out: (text) => (out += text),
    err: (text) => (err += text),
    draw: () => {},
  });
  return { code, out, err };
};

test("a model over images of any side is counted at once: 64 channels leave each 3x3 convolution 64 + 64 bytes a pixel", async () => {
  const side = 100_000;
  const { code, out } = await answered("--model", "vgg16", "--input", String(side), "--json");
  assert.is(code, 0);
  const rows = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  const second = rows.find(({ layer }) => layer === "layer1/conv2");
  assert.is(second.staticBytes, 64 * 64 * 9 + 2 * 64 * side * side);
  assert.is(second.dynamicBytes, second.staticBytes + 2 * 4 * 64 * side * side);
});

test("what cannot be counted exactly, and what is no number of anything, is refused", async () => {
  for (const [side, expected] of [
    ["1e30", /^--input: 1e30, expected an integer from 1\.\n$/],
    ["1".padEnd(31, "0"), /^layer \S+: \S+ bytes, expected fewer than 2\^53, which are counted exactly\.\n$/],
    ["0x20", /^--input: 0x20, expected/],
    ["-3", /^--input: -3, expected/],
  ] as const) {
    const { code, out, err } = await answered("--model", "vgg16", "--input", side);
    assert.is(code, 2);
    assert.is(out, "");
    assert.match(err, expected);
  }
});

test("options of a layer beside a model, and of a model beside a layer, are refused and not forgotten", async () => {
  const { err } = await answered("--model", "vgg16", "--width", "3", "--depthwise");
  assert.match(err, /^--width: used with --model, .*\n--depthwise: .*\n$/);
  assert.match(
    (await answered("--cin", "3", "--input", "5")).err,
    /^--input: used without --model, expected only with --model NAME/,
  );
});

test("sizes that are missing are named in one sentence with both usages, and the height is the width", async () => {
  assert.is(
    (await answered("--cin", "3")).err,
    "rangeflow traffic: no --cout, --kernel, --width, expected --cin N --cout N --kernel N --width N, or --model NAME.\n",
  );
  assert.is(
    (await answered("--depthwise", "--cin", "3")).err,
    "rangeflow traffic: no --kernel, --width, expected --cin N --kernel N --width N, or --model NAME.\n",
  );
  assert.match((await answered()).err, /^rangeflow traffic: no --cin, --cout, --kernel, --width, expected/);
  const layer = ["--cin", "3", "--cout", "8", "--kernel", "3", "--width", "50"];
  const { code, out } = await answered(...layer);
  assert.is(code, 0);
  assert.is(out, (await answered(...layer, "--height", "50")).out);
});

test("bytes have the largest unit of which there is one", async () => {
  const { out } = await answered("--cin", "3", "--cout", "8", "--kernel", "3", "--width", "5");
  assert.match(out, /^3,8,3,5x5 {2,}491 B {2,}2\.0 KB {2,}325\.9 %$/m);
});

test.run();
