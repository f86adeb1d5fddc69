import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { describe } from "../../../core/errors.ts";
import { matches, patternProblem } from "../../../quantizers/rules/sitePattern.ts";
import { processorTime } from "../../support/processorTime.ts";

const test = suite("sitePattern");

test("a pattern without a star is the path itself", () => {
  assert.ok(matches("conv1/weight", "conv1/weight"));
  assert.not(matches("conv1", "conv1/weight"));
  assert.not(matches("weight", "conv1/weight"));
  assert.not(matches("", "conv1/weight"));
});

test("a star stands for any text, also none and across slashes", () => {
  assert.ok(matches("*", "layer2/conv1/gradient"));
  assert.ok(matches("**", "layer2/conv1/gradient"));
  assert.ok(matches("layer2/*", "layer2/conv1/gradient"));
  assert.ok(matches("*/gradient", "layer2/conv1/gradient"));
  assert.ok(matches("conv*", "conv"));
  assert.ok(matches("dense*", "dense1/weight"));
  assert.not(matches("layer2/*", "layer20/conv1"));
});

test("a question mark stands for one character of a name, brackets for one of some, braces for one of several", () => {
  assert.ok(matches("layer?/*", "layer2/conv1/gradient"));
  assert.not(matches("layer?/*", "layer20/conv1/gradient"));
  assert.not(matches("conv1?weight", "conv1/weight"));
  for (const pattern of [
    "layer[12]/*",
    "layer[1-2]/*",
    "layer{1,2}/*",
    "{layer1,layer2}/*",
    "layer{1..2}/*",
  ]) {
    assert.ok(matches(pattern, "layer2/conv1/gradient"), pattern);
    assert.not(matches(pattern, "layer3/conv1/gradient"), pattern);
  }
});

test("an exclamation mark stands for everything that the rest does not match", () => {
  assert.not(matches("!conv1/*", "conv1/weight"));
  assert.ok(matches("!conv1/*", "conv2/weight"));
});

test("everything else stands for itself", () => {
  for (const path of ["a.b+(c)@d$", "(a|b)", "^a\\d", "a=b,c:d", "äöü-_~#&"]) {
    assert.ok(matches(path, path), path);
    assert.not(matches(path, `${path}x`), path);
  }
  assert.not(matches("a.b", "axb"));
  assert.not(matches("a+", "aa"));
});

test("what a star stands for does not overlap what stands beside it", () => {
  assert.not(matches("aa*aa", "aaa"));
  assert.ok(matches("aa*aa", "aaaa"));
  assert.not(matches("a*b*b", "ab"));
});

test("a pattern of stars answers what the regular expression that it stands for answers", () => {
  const part = fc.constantFrom("a", "b", "conv1", "7");
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const pattern = fc
    .array(fc.constantFrom("a", "b", "conv1", "7", "/", "*"), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join(""))
    .filter((text) => patternProblem("", text) === undefined);
  fc.assert(
    fc.property(pattern, path, (pattern, path) => {
      const expression = new RegExp(`^${pattern.replaceAll("*", "[^]*")}$`);
      assert.is(matches(pattern, path), expression.test(path), `${pattern} ${path}`);
    }),
    { seed: 1, numRuns: 5000 },
  );
});

test("a pattern of many stars, which would take for ever, is refused; what is let through is quick", () => {
  const wrong = patternProblem("--site", "a*b*c*d*e*");
  assert.is(
    wrong && describe(wrong),
    '--site: 5 stars in "a*b*c*d*e*", expected at most 4; one star matches any text, slashes included.',
  );
  assert.is(patternProblem("--site", "*a*a*a*X"), undefined);
  const taken = processorTime();
  assert.not(matches("*a*a*a*X", "a".repeat(100)));
  assert.not(matches("({a,aa}{a,aa}{a,aa})+*", "a".repeat(100)));
  assert.ok(taken() < 1000);
});

test.run();
