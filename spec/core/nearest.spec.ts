import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { edits, expectedName, nearestTo } from "../../core/nearest.ts";

const test = suite("nearest names");

test("edits are letters put in, left out, changed or exchanged", () => {
  const cases = [
    ["", "", 0],
    ["", "abc", 3],
    ["epoch", "epochs", 1],
    ["epcohs", "epochs", 1],
    ["widht", "width", 1],
    ["kitten", "sitting", 3],
    ["train", "trane", 2],
  ] as const;
  for (const [from, to, expected] of cases) {
    assert.is(edits(from, to), expected, `${from} to ${to}`);
    assert.is(edits(to, from), expected, `${to} to ${from}`);
  }
});

test("edits never exceed the longer text, and none is needed for the same one only", () => {
  const text = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(text, text, (a, b) => {
      assert.ok(edits(a, b) <= Math.max(a.length, b.length));
      assert.is(edits(a, b) === 0, a === b);
    }),
    { seed: 1 },
  );
});

test("the nearest names are those with the fewest edits, whatever their case", () => {
  const names = ["batch", "epochs", "patience", "lr"];
  assert.equal(nearestTo("epoch", names), ["epochs"]);
  assert.equal(nearestTo("Batch", names), ["batch"]);
  assert.equal(nearestTo("lrr", names), ["lr"]);
  assert.equal(nearestTo("bo", ["be", "by", "bi", "ba", "longer"]), ["be", "by", "bi"]);
});

test("names that contain the unknown one are suggested beside near ones, up to three names in all", () => {
  const names = ["momentum", "nesterov", "weightDecay", "decays"];
  assert.is(expectedName("decay", names), "decays or weightDecay");
  assert.is(expectedName("weight", names), "one of momentum, nesterov, weightDecay, decays");
  assert.is(
    expectedName("rate", ["rates", "aWideRate", "bWideRate", "cWideRate"]),
    "rates or aWideRate or bWideRate",
  );
});

test("a name of one letter is near to no other letter, and to nothing", () => {
  const names = ["onnx", "c"];
  assert.is(expectedName("", names), "one of onnx, c");
  assert.is(expectedName("x", names), "one of onnx, c");
  assert.equal(nearestTo("C", names), ["c"]);
  assert.equal(nearestTo("cc", names), ["c"]);
});

test("a name that is like none of them is told all, or what is said instead", () => {
  assert.equal(nearestTo("colour", ["batch", "epochs"]), []);
  assert.is(expectedName("colour", ["batch", "epochs"]), "one of batch, epochs");
  assert.is(expectedName("colour", ["batch", "epochs"], "a setting"), "a setting");
  assert.is(expectedName("batsh", ["batch", "epochs"]), "batch");
});

test("a text of a million letters is compared with nothing", () => {
  assert.equal(nearestTo("x".repeat(1_000_000), ["batch"]), []);
});

test.run();
