import * as E from "fp-ts/lib/Either.js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { models } from "../../../models/models.ts";
import {
  accumulatorIn,
  decodeSettings,
  defaults,
  optionOf,
  type Settings,
  settingNames,
} from "../../../pipelines/settings/settings.ts";

const test = suite("settings");

const decoded = (from: Readonly<Record<string, unknown>>): Settings => {
  const settings = decodeSettings(from);
  if (E.isLeft(settings)) throw new Error(settings.left.map(describe).join("\n"));
  return settings.right;
};
const refused = (from: Readonly<Record<string, unknown>>): readonly string[] => {
  const settings = decodeSettings(from);
  return E.isLeft(settings) ? settings.left.map(describe) : [];
};

test("what is left out has its default", () => assert.equal(decoded({}), defaults));

test("settings that were decoded decode to themselves, also from JSON", () => {
  const settings = decoded({ bits: "4/32/8", lr: "0.5", nesterov: "true", bitsAt: ["conv1/*=32"] });
  assert.equal(decoded(JSON.parse(JSON.stringify(settings))), settings);
});

test("numbers and flags may come as text, as the command line has them", () => {
  const settings = decoded({ epochs: "3", lr: "1e-3", augment: "false", perChannel: "true" });
  assert.is(settings.epochs, 3);
  assert.is(settings.lr, 0.001);
  assert.is(settings.augment, false);
  assert.is(settings.perChannel, true);
});

test("everything that is wrong is said at once", () => {
  const sentences = refused({ model: "vgg", bits: "8/8", epochs: 0, colour: "blue" });
  assert.is(sentences.length, 4);
  assert.match(sentences[0]!, /^--colour: an unknown setting, expected a setting, which rangeflow train /);
  assert.is(sentences[1], `--model: "vgg", expected one of ${Object.keys(models).join(", ")}.`);
  assert.is(sentences[2], '--bits: "8/8", expected three of 2 to 8, or 32 for float32, as 8/8/8.');
  assert.is(sentences[3], "--epochs: 0, expected an integer from 1.");
});

test("a number that is none in decimal digits is refused, and an integer with an exponent", () => {
  for (const bits of ["0x8/8/8", "8/8e0/8", "8/8/08", " 8/8/8", "8//8", "8/8/8.0"])
    assert.is(refused({ bits }).length, 1, bits);
  for (const text of ["0x10", "1e1", "010", " 16", "16 ", "", "1_6"]) {
    for (const name of ["batch", "epochs", "seed", "limit", "threads", "weightGradientBits"])
      assert.is(refused({ [name]: text }).length, 1, `${name} "${text}"`);
    if (text !== "1e1") assert.is(refused({ lr: text }).length, 1, `lr "${text}"`);
  }
  for (const accumulator of ["016:wrap", "1e1:wrap"]) assert.is(refused({ accumulator }).length, 1);
});

test("a flag is true or false and nothing else", () => {
  for (const value of ["no", "yes", "nope", "1", "", "TRUE", 0])
    assert.is(refused({ augment: value }).length, 1, String(value));
});

test("the nearest name is expected in place of an unknown one", () => {
  assert.equal(refused({ epoch: 3 }), ["--epoch: an unknown setting, expected --epochs."]);
});

test("threads are a number, or measured", () => {
  for (const wanted of ["auto", 1, 7, 64]) assert.is(decoded({ threads: wanted }).threads, wanted);
  assert.is(decoded({ threads: "3" }).threads, 3);
});

test("an accumulator has 2 to 31 bits and says what happens beyond", () => {
  assert.is(accumulatorIn("exact"), undefined);
  assert.equal(accumulatorIn("16:wrap"), { bits: 16, overflow: "wrap", backward: false });
  assert.equal(accumulatorIn("24:saturate:all"), { bits: 24, overflow: "saturate", backward: true });
  for (const accumulator of ["16", "wrap", "1:wrap", "32:wrap", "16:wrap:some", "16:round", 16])
    assert.is(refused({ accumulator }).length, 1, `${accumulator}`);
});

test("bits are 2 to 8 or 32, and nothing else", () => {
  for (const bits of ["2/3/4", "5/6/7", "8/32/8", "32/32/32"]) assert.is(decoded({ bits }).bits, bits);
  for (const bits of ["1/8/8", "8/9/8", "8/8/16", "8/8/31", "8/8/2.5", "8/8/8/8", "8", "a/8/8", "/8/8", 8])
    assert.is(refused({ bits }).length, 1, `${bits}`);
});

test("numbers that are out of their interval are refused", () => {
  const wrong: Readonly<Record<string, readonly unknown[]>> = {
    epochs: [0, 1.5, -1, "", "x", Number.NaN, 2 ** 60, null],
    lr: [0, -1, "Infinity", "", {}],
    momentum: [1, -0.1],
    smoothing: [1],
    weightDecay: [-1, Number.POSITIVE_INFINITY],
    seed: [-1, 0.5],
    augment: ["yes", 1],
    bitsAt: ["conv1=8", [1]],
    dataDir: [3],
    threads: [0, 65, 1.5, "two", ""],
  };
  for (const [name, values] of Object.entries(wrong))
    for (const value of values) {
      const [sentence, ...more] = refused({ [name]: value });
      assert.is(more.length, 0);
      assert.ok(sentence?.startsWith(`${optionOf(name)}: `), `${name} ${String(value)}`);
    }
});

test("more rules than anyone has are refused at once, and values that are no JSON in a sentence", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic.of = cyclic;
  assert.equal(refused({ bitsAt: new Array(2 ** 32 - 1) }), [
    "--bits-at: an array of 4294967295, expected texts.",
  ]);
  for (const value of [cyclic, 2n, Symbol("bits"), () => "8/8/8"])
    assert.match(refused({ bits: value }).join(), /^--bits: .+, expected /);
});

test("an option is the setting's name with hyphens", () => {
  assert.is(optionOf("gradientRange"), "--gradient-range");
  assert.is(new Set(settingNames.map(optionOf)).size, settingNames.length);
});

test.run();
