/** @file Columns of Parquet that are read page by page are those that hyparquet reads as a whole. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parquetMetadata, parquetReadObjects, parquetSchema } from "hyparquet";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compressorsFor } from "../../../pipelines/imports/parquetCompressors.ts";
import { flatColumn, flatNumbers, flatTexts, isOfTexts } from "../../../pipelines/imports/parquetPages.ts";

const test = suite("pages of Parquet");

const golden = "spec/golden/statistics";

/** Cells of a column as its pages have them; undefined where it is not read page by page. */
const cellsOf = async (bytes: Buffer, name: string): Promise<readonly unknown[] | undefined> => {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const metadata = parquetMetadata(file);
  const compressors = await compressorsFor("FILE", metadata);
  const cells: unknown[] = [];
  for (const group of metadata.row_groups) {
    const flat = flatColumn(parquetSchema(metadata), group, name, compressors);
    if (flat === undefined) return undefined;
    const pages = file.slice(flat.from, flat.to);
    if (isOfTexts(flat)) {
      const { texts, index } = flatTexts(flat, pages);
      cells.push(...Array.from(index, (place) => texts[place]));
    } else {
      const { values, given } = flatNumbers(flat, pages);
      cells.push(...Array.from(values, (value, i) => (given[i] === 1 ? value : null)));
    }
  }
  return cells;
};

test("numbers of all types and texts, of all codecs and encodings, with and without missing ones", async () => {
  let columns = 0;
  for (const name of readdirSync(golden).filter((one) => one.endsWith(".parquet"))) {
    const bytes = readFileSync(join(golden, name));
    const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
    const compressors = await compressorsFor("FILE", parquetMetadata(file));
    const rows = await parquetReadObjects({ file, compressors });
    for (const column of Object.keys(rows[0]!)) {
      const expected = rows.map((row): unknown => {
        const cell: unknown = row[column];
        return typeof cell === "bigint" ? Number(cell) : cell;
      });
      assert.equal(await cellsOf(bytes, column), expected, `${name}, ${column}`);
      columns++;
    }
  }
  assert.is(columns, 52);
});

test("what is nested, or no plain number or text, is left to hyparquet", async () => {
  for (const [name, column] of [
    ["shapes/lists.parquet", "counts"],
    ["types/time.parquet", "amax"],
    ["types/bool.parquet", "amax"],
    ["none.parquet", "nothing of this name"],
  ] as const)
    assert.is(await cellsOf(readFileSync(join(golden, name)), column), undefined, `${name}, ${column}`);
});

test("integers of 64 bits keep their sign and 53 bits", async () => {
  const bytes = readFileSync(join(golden, "shapes/long.parquet"));
  const signed = [0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, -(2 ** 53)];
  assert.equal(await cellsOf(bytes, "signed"), signed);
  assert.equal(await cellsOf(bytes, "unsigned"), [0, 1, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63]);
  assert.equal(await cellsOf(bytes, "required"), signed);
});

test.run();
