/** @file Values that are made once for each key, and promises that reject. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { madeOnce } from "../../../pipelines/sweeps/madeOnce.ts";

const test = suite("made once");

test("a value is made once for each key", () => {
  const made: string[] = [];
  const values = madeOnce((key) => {
    made.push(key);
    return { key };
  });
  assert.is(values.of("a"), values.of("a"));
  values.of("b");
  assert.equal(made, ["a", "b"]);
  assert.equal(values.all(), [{ key: "a" }, { key: "b" }]);
});

test("a promise that rejects is made again for whoever asks next", async () => {
  let refusals = 1;
  const stores = madeOnce(async (place) => {
    if (refusals-- > 0) throw new Error("the service is away");
    return place;
  });
  const [one, other] = [stores.of("s3://runs"), stores.of("s3://runs")];
  assert.is(one, other, "both wait for the same one");
  assert.is(await one.catch(({ message }) => message), "the service is away");
  assert.is(await stores.of("s3://runs"), "s3://runs");
  assert.is(stores.of("s3://runs"), stores.of("s3://runs"));
});

test.run();
