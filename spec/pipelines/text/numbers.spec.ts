/** @file Numbers in sentences: two digits or more, shares that are not quite nothing or all, bytes with a unit. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesText, shareText, shortText } from "../../../pipelines/text/numbers.ts";

const test = suite("text/numbers");

test("a number has two digits, or all in front of the point; NaN and infinity stay what they are", () => {
  const numbers = [0, 0.012345, 1.25, 12.5, 99.4, 123.4, 149658.7, -0.5, Number.NaN, -Infinity];
  assert.equal(numbers.map(shortText), [
    "0",
    "0.012",
    "1.3",
    "13",
    "99",
    "123",
    "149659",
    "-0.5",
    "NaN",
    "-Infinity",
  ]);
});

test("a share is nothing or all only where it is", () => {
  const shares = [0, 1e-9, 0.0005, 0.314, 0.99, 0.9999999, 1, Number.NaN];
  assert.equal(shares.map(shareText), [
    "0 %",
    "<0.001 %",
    "0.05 %",
    "31 %",
    "99 %",
    "99.99 %",
    "100 %",
    "NaN %",
  ]);
});

test("bytes have the unit of 1024 of which there is at least one", () => {
  const bytes = [0, 999, 1023, 1024, 1.5 * 1024 ** 2, 2.5 * 1024 ** 3, 1e18];
  assert.equal(bytes.map(bytesText), ["0 B", "999 B", "1023 B", "1.0 KB", "1.5 MB", "2.5 GB", "909494.7 TB"]);
});

test.run();
