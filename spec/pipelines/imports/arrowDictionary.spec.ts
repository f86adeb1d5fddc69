import { tableFromArrays, tableToIPC } from "apache-arrow";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imported, refusal } from "./imported.ts";

const test = suite("dictionaries of Arrow");

test("a text that its dictionary does not have is refused", async () => {
  const table = tableFromArrays({
    step: Int32Array.of(0, 1, 2, 3),
    min: Float64Array.of(1, 2, 3, 4),
    max: Float64Array.of(5, 6, 7, 8),
    site: ["a/input", "b/input", "b/input", "a/input"],
  });
  const bytes = Buffer.from(tableToIPC(table, "stream"));
  assert.equal(
    (await imported(bytes)).rows.map(({ site }) => site),
    ["a/input", "b/input", "b/input", "a/input"],
  );
  const places = Buffer.from(Int32Array.of(0, 1, 1, 0).buffer);
  bytes.writeInt32LE(7, bytes.indexOf(places) + 4);
  assert.match(await refusal(bytes), /text 7 of a dictionary of 2/);
});

test.run();
