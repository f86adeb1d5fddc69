import { suite } from "uvu";
import * as assert from "uvu/assert";
import { csvField, csvRecords } from "../../../pipelines/files/csv.ts";
import { failureOf } from "../../support/failureOf.ts";

const test = suite("files/csv");

test("what is written is read again, whatever stands in it", () => {
  const rows = [
    ["run", "message"],
    ["a", 'b, "c"\nd'],
    ["e", ""],
    ["progress", "1 %\r2 %\r3 %"],
    ["windows", "one\r\ntwo"],
    ["", '"'],
  ];
  const text = rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
  assert.equal(csvRecords("runs.csv", text), rows);
  assert.equal(csvRecords("runs.csv", ""), []);
});

test("lines end with or without a carriage return, which within a field is a part of it", () => {
  assert.equal(csvRecords("runs.csv", 'a,b\r\n"c",d\r\n'), [
    ["a", "b"],
    ["c", "d"],
  ]);
  assert.equal(csvRecords("runs.csv", "a\rb,c\nd,e"), [
    ["a\rb", "c"],
    ["d", "e"],
  ]);
});

test("a quote out of place is refused, with its place", async () => {
  const read = async (): Promise<unknown> => csvRecords("runs.csv", 'a,b\nc,"d');
  assert.is(
    await failureOf(read()),
    "runs.csv: a misplaced quote after character 6, expected comma-separated values.",
  );
});

test.run();
