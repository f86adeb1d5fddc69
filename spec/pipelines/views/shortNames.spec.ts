import { suite } from "uvu";
import * as assert from "uvu/assert";
import { shortNames } from "../../../pipelines/views/shortNames.ts";

const test = suite("views/shortNames");

test("directories that all share are left out, in front and behind", () => {
  assert.equal(shortNames(["runs/a/x", "runs/b/x"]), ["a", "b"]);
  assert.equal(shortNames(["/data/one/ranges", "/data/two/deep/ranges"]), ["one", "two/deep"]);
  assert.equal(shortNames(["./runs/a", "runs//b/"]), ["a", "b"]);
});

test("of lists of settings the parts that all share are left out; the last one stays where nothing else would", () => {
  assert.equal(shortNames(["s/bits=4.4.4,limit=9,seed=1", "s/bits=8.8.8,limit=9,seed=1"]), [
    "bits=4.4.4",
    "bits=8.8.8",
  ]);
  assert.equal(shortNames(["s/limit=9,seed=1", "s/lr=0.5,limit=9,seed=1"]), ["seed=1", "lr=0.5"]);
});

test("names tell runs apart always, also where one directory is given twice; one alone has the end of its path", () => {
  assert.equal(shortNames(["runs/a", "runs/a"]), ["runs/a", "runs/a"]);
  assert.equal(shortNames(["a,b", "b,a"]), ["b", "a"]);
  assert.equal(shortNames(["seed=1,a", "a"]), ["seed=1", "a"]);
  assert.equal(shortNames(["runs/glyphs/3"]), ["3"]);
  assert.equal(shortNames(["/"]), ["/"]);
});

test.run();
