import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { matches } from "../../../quantizers/rules/sitePattern.ts";

const test = suite("sitePattern");

test("a pattern without a star is the path itself", () => {
  assert.ok(matches("conv1/weight", "conv1/weight"));
  assert.not(matches("conv1", "conv1/weight"));
  assert.not(matches("weight", "conv1/weight"));
});

test("a star stands for any text, also none and across slashes", () => {
  assert.ok(matches("*", "layer2/conv1/gradient"));
  assert.ok(matches("layer2/*", "layer2/conv1/gradient"));
  assert.ok(matches("*/gradient", "layer2/conv1/gradient"));
  assert.ok(matches("conv*", "conv"));
  assert.not(matches("layer2/*", "layer20/conv1"));
});

test("everything else stands for itself", () => {
  assert.ok(matches("a.b+(c)[d]$", "a.b+(c)[d]$"));
  assert.not(matches("a.b", "axb"));
});

test("what a star stands for does not overlap what stands beside it", () => {
  assert.not(matches("aa*aa", "aaa"));
  assert.ok(matches("aa*aa", "aaaa"));
  assert.not(matches("a*b*b", "ab"));
});

test("a pattern answers what the regular expression that it stands for answers", () => {
  const one = fc.constantFrom("a", "b", "/", "*");
  const text = (most: number) => fc.array(one, { maxLength: most }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text(8), text(10), (pattern, path) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`);
      assert.is(matches(pattern, path), expression.test(path), `${pattern} ${path}`);
    }),
    { seed: 1, numRuns: 2000 },
  );
});

test("many stars take no longer than few: 2,000 of them and a letter that is not there", () => {
  const began = performance.now();
  assert.not(matches(`${"*a".repeat(2000)}*X`, "a".repeat(10_000)));
  assert.ok(performance.now() - began < 1000);
});

test.run();
