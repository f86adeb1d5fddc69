import { suite } from "uvu";
import * as assert from "uvu/assert";
import { editsToMatch, nearestSites } from "../../../quantizers/rules/nearestSites.ts";

const test = suite("nearestSites");

test("edits are counted by letter, and a star takes any text for nothing", () => {
  for (const [pattern, path, edits] of [
    ["conv1/input", "conv1/input", 0],
    ["conv1/*", "conv1/input", 0],
    ["*", "", 0],
    ["conv9/*", "conv1/input", 1],
    ["cnv*", "conv1/weight", 1],
    ["convv1/*", "conv1/weight", 1],
    ["gradient", "conv1/gradient", 6],
    ["a*c*e", "abcde", 0],
    ["a*x*e", "abcde", 1],
    ["", "abc", 3],
  ] as const)
    assert.is(editsToMatch(pattern, path), edits, `${pattern} ${path}`);
});

test("the nearest are those of the fewest edits, at most four of them", () => {
  const sites = ["conv1/input", "conv1/weight", "conv1/gradient", "conv2/input", "dense1/gradient"];
  assert.equal(nearestSites("dens1/*", sites), ["dense1/gradient"]);
  assert.equal(nearestSites("gradient", sites), ["conv1/gradient"]);
  assert.equal(nearestSites("conv9/*", sites), sites.slice(0, 4));
  assert.equal(nearestSites("x", []), []);
});

test.run();
