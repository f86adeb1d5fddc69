/** @file Arrow, Parquet and event files of TensorBoard that pyarrow and torch have written: the rows that they were written from, whatever the types. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compressorsFor, zstandardFor } from "../../../pipelines/imports/parquetCompressors.ts";
import { crc32c } from "../../../pipelines/imports/tfRecord.ts";
import { scratch, sentenceOf } from "../files/scratch.ts";
import { imported, importedFiles, refusal, refusalOfFiles, shortly } from "./imported.ts";

const test = suite("binary formats");

const golden = "spec/golden/statistics";

type Row = readonly [step: number, site: string, min: number | null, max: number | null];

const rowsIn = (dir: string): readonly unknown[] =>
  (JSON.parse(readFileSync(join(dir, "expected.json"), "utf8")) as readonly Row[]).map(
    ([step, site, min, max]) => {
      const role = site.replace("conv1/", "").replace("input", "activation");
      return [step, site, role, min ?? Number.NaN, max ?? Number.NaN];
    },
  );

const tables = (dir: string): readonly string[] =>
  readdirSync(dir).filter((name) => /\.(parquet|arrow|arrows)$/.test(name));

const checkTables = async (dir: string): Promise<void> => {
  const names = tables(dir);
  assert.is(names.length, 17);
  for (const name of [...names, "compressed.feather"]) {
    const { rows, summary } = await importedFiles([join(dir, name)]);
    assert.equal(rows.map(shortly), rowsIn(dir), name);
    assert.is(rows[3]?.verdict, "nonFinite", name);
    const isLong = name.startsWith("long");
    assert.equal(summary.unused, isLong ? { kurtosis: 6 } : { host: 6 }, name);
    if (!isLong)
      assert.equal(
        rows.slice(0, 3).map(({ stat }) => stat.count),
        [100, 0, 100],
        name,
      );
    assert.equal(rows[0]?.foreign, { known: "minMax", minError: 0, maxError: 0, coldStart: false });
  }
};

test("tables of pyarrow, in Arrow and Parquet of all codecs and encodings, have the rows that they were written from", () =>
  checkTables(golden));

const checkTypes = async (dir: string): Promise<void> => {
  for (const [name, sentence] of [
    ["duration.parquet", "FILE, column amax: type Duration<MICROSECOND>, expected numbers."],
    ["duration.arrow", "FILE, column amax: type Duration<MICROSECOND>, expected integers or floats."],
    ["time.parquet", "FILE, column amax: type Time, expected numbers."],
    ["time.arrow", "FILE, column amax: type Time64<MICROSECOND>, expected integers or floats."],
    ["bool.parquet", "FILE, column amax: a value true, expected numbers."],
    ["bool.arrow", "FILE, column amax: type Bool, expected integers or floats."],
    ["latin1.parquet", 'FILE, row 1: "\uFFFD/input" as site, expected a text in UTF-8.'],
  ] as const)
    assert.is(await refusalOfFiles([join(dir, "types", name)]), sentence);
  for (const name of ["cold.parquet", "cold.arrow"])
    assert.equal(
      (await importedFiles([join(dir, "types", name)])).rows.map(({ foreign }) => foreign?.coldStart),
      [true, false],
      name,
    );
};

test("durations, times, truth values and bytes that are no text are refused; a flag may be a truth value", () =>
  checkTypes(golden));

const checkEvents = async (dir: string): Promise<void> => {
  const { rows, summary } = await importedFiles([join(dir, "events.tfevents")]);
  const scalars = rows.filter(({ site }) => site.startsWith("conv1/"));
  const single = (value: unknown): unknown => (typeof value === "number" ? Math.fround(value) : value);
  // Scalars are float32, but for those of the second step, whose max is written in double precision.
  assert.equal(
    scalars.map(shortly),
    rowsIn(dir).map((row) => {
      const [step, site, role, min, max] = row as readonly unknown[];
      return [step, site, role, single(min), step === 1 ? max : single(max)];
    }),
  );
  const histogram = rows.find(({ site }) => site === "gradients/fc.weight");
  assert.equal(shortly(histogram!), [1, "gradients/fc.weight", "gradient", -2, 3]);
  assert.equal(histogram?.stat.count, 6);
  assert.equal(histogram?.measured?.mean, [0.25 / 6]);
  const { values, counts } = histogram!.histogram!;
  assert.equal([values[0], values.at(-1), counts?.reduce((sum, count) => sum + count)], [-2, 3, 6]);
  // Buckets of TensorBoard are 10 % wide: two elements of -0.5 lie in the one that ends there.
  const near = values.findIndex((value) => value > -0.56 && value < -0.45);
  assert.ok(near >= 0);
  assert.equal(summary.unused, { "train/loss": 6 });
};

test("scalars and histograms of torch's SummaryWriter are those that were given to it", () =>
  checkEvents(golden));

test("an event file may be gzip; a record that is cut at its end is told, and damage refused", async () => {
  const bytes = readFileSync(join(golden, "events.tfevents"));
  const whole = await imported(bytes);
  assert.equal((await imported(zlib.gzipSync(bytes))).rows.map(shortly), whole.rows.map(shortly));
  const cut = await imported(bytes.subarray(0, -9));
  assert.is(cut.summary.unused["a record that is cut at the end"], 1);
  const damaged = Uint8Array.from(bytes);
  damaged[bytes.length - 20]! ^= 1;
  assert.match(
    await refusal(damaged),
    /^FILE, record \d+: bytes that do not match their checksum, expected .* copy it again\.$/,
  );
});

/** A record of TensorBoard with a histogram of the elements -1 and 1, and with `more` that its buckets do not hold. */
const histogramRecord = (more: number): Uint8Array => {
  const doubles = [-1, 1, 2 + more, 0, 2].map((value, i) => [i + 1, value] as const);
  const histogram = new BinaryWriter();
  for (const [field, value] of doubles) histogram.tag(field, WireType.Bit64).double(value);
  for (const [field, values] of [
    [6, [0, 1]],
    [7, [1, 1]],
  ] as const)
    for (const value of values) histogram.tag(field, WireType.Bit64).double(value);
  const value = new BinaryWriter().tag(1, WireType.LengthDelimited).string("a/input");
  value.tag(5, WireType.LengthDelimited).bytes(histogram.finish());
  const summary = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(value.finish());
  const event = new BinaryWriter().tag(2, WireType.Varint).int64(1);
  const record = event.tag(5, WireType.LengthDelimited).bytes(summary.finish()).finish();
  const masked = (bytes: Uint8Array): Buffer => {
    const [crc, sum] = [crc32c(bytes), Buffer.alloc(4)];
    sum.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0);
    return sum;
  };
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(record.length));
  return Buffer.concat([length, masked(length), record, masked(record)]);
};

test("buckets of TensorBoard that lack elements are no histogram of the tensor, and are counted", async () => {
  const whole = await imported(histogramRecord(0));
  assert.equal([whole.summary.histograms, whole.summary.unused], [1, {}]);
  const { rows, summary } = await imported(histogramRecord(3));
  assert.equal([rows.map(shortly), summary.histograms], [[[1, "a/input", "activation", -1, 1]], 0]);
  assert.equal(summary.unused, { "buckets of other elements than a histogram's": 1 });
});

test("the checksum is CRC-32C: that of 123456789 is e3069283", () =>
  assert.is(crc32c(Buffer.from("123456789")), 0xe3069283));

test("a table that is cut, damaged, compressed or of other types is refused in one sentence", async () => {
  const of = (name: string) => readFileSync(join(golden, name));
  const parquet = of("none.parquet");
  const damaged = Uint8Array.from(parquet);
  damaged.fill(0xff, 20, 200);
  for (const [bytes, sentence] of [
    [
      of("plain.arrow").subarray(0, -20),
      /^FILE: an Arrow file without its footer, expected a complete Arrow file; .*truncated/,
    ],
    [of("plain.arrow").subarray(0, 600), /^FILE: an Arrow file without its footer, expected/],
    [
      of("plain.arrows").subarray(0, 900),
      /^FILE: an Arrow stream that ends within a message, expected a complete file/,
    ],
    [
      zlib.gzipSync(of("plain.arrow")),
      /^FILE: a gzip file of arrow, expected arrow as it is; unzip it first\.$/,
    ],
    [
      parquet.subarray(0, -30),
      /^FILE: contents that cannot be read as Parquet \(.*\), expected a whole Parquet file/,
    ],
    [parquet.subarray(0, 60), /^FILE: contents that cannot be read as Parquet/],
    [damaged, /^FILE: contents that cannot be read as Parquet/],
  ] as const)
    assert.match(await refusal(bytes), sentence);
  assert.match(
    await refusalOfFiles([join(golden, "plain.parquet".replace("plain", "none"))], {
      columns: { step: "site", site: "step" },
    }),
    /^FILE, column site: a value conv1\/input, expected numbers\.$/,
  );
  assert.match(
    await refusalOfFiles([join(golden, "plain.arrow")], { columns: { step: "host" } }),
    /^FILE, column host: type Utf8, expected integers or floats\.$/,
  );
});

test("texts and columns that are not there are refused, and take no time", async () => {
  const bytes = Uint8Array.from(readFileSync(join(golden, "plain.arrow")));
  const view = new DataView(bytes.buffer);
  // The first offsets of a column of texts, of conv1/input and what comes behind it.
  const at = Buffer.from(bytes).indexOf(Buffer.from(Int32Array.of(0, 11, 23).buffer));
  view.setInt32(at + 4, 2 ** 30, true);
  assert.match(
    await refusal(bytes),
    /^FILE: contents that are not an Arrow table \(a text of 1073741824 bytes from 0 on, which are not there\), expected/,
  );
  const nameless = Uint8Array.from(readFileSync(join(golden, "shapes/wide.parquet")));
  // What says that a text comes in the schema, in front of the name of its last column.
  nameless[624]! ^= 0x80;
  assert.match(
    await refusal(nameless),
    /^FILE: contents that cannot be read as Parquet \(a column without a name\)/,
  );
});

test("an Arrow stream that lacks the mark of its end is read, and told", async () => {
  const stream = readFileSync(join(golden, "plain.arrows"));
  const whole = await imported(stream);
  assert.equal(whole.summary.unended, []);
  assert.equal(Array.from(stream.subarray(-8)), [255, 255, 255, 255, 0, 0, 0, 0]);
  const cut = await imported(stream.subarray(0, -8));
  assert.is(cut.summary.unended.length, 1);
  assert.is(cut.summary.rows, whole.summary.rows);
});

test("any byte of a table may be another one: it is read or refused, and nothing else", async () => {
  for (const name of [
    ...["snappy.parquet", "plain.arrows", "dictionary.arrow"],
    ...["shapes/polars.arrow", "shapes/lists.arrow", "shapes/lists.parquet", "compressed.feather"],
  ]) {
    const bytes = readFileSync(join(golden, name));
    for (let at = 0; at < bytes.length; at += 101) {
      const other = Uint8Array.from(bytes);
      other[at]! ^= 0x41;
      try {
        await imported(other);
      } catch (error) {
        assert.is(
          (error as Error).name,
          "RangeflowFailure",
          `${name}, byte ${at}: ${(error as Error).stack}`,
        );
      }
    }
  }
});

test("a codec that nothing here unpacks is named, with what to install", async () => {
  const groups = { row_groups: [{ columns: [{ meta_data: { codec: "LZ4" } }] }] } as unknown as Parameters<
    typeof compressorsFor
  >[1];
  try {
    await compressorsFor("FILE", groups, () => Promise.reject(new Error("not installed")));
    assert.unreachable();
  } catch (error) {
    assert.match(
      sentenceOf(() => {
        throw error;
      }),
      /^FILE: pages compressed with LZ4, expected Snappy.*npm install hyparquet-compressors, or write/,
    );
  }
});

test("Zstandard in Arrow needs what Parquet needs", async () => {
  const missing = () => Promise.reject(new Error("not installed"));
  try {
    await zstandardFor("FILE", missing);
    assert.ok("zstdDecompressSync" in zlib);
  } catch (error) {
    assert.match(
      sentenceOf(() => {
        throw error;
      }),
      /^FILE: batches compressed with Zstandard, expected none, LZ4, .*npm install hyparquet-compressors, or write/,
    );
  }
});

test("what the script writes today is read the same, where pyarrow and torch are installed", async () => {
  const dir = scratch();
  const { status } = spawnSync("python3", ["spec/golden/foreignStatistics.py", dir, "torch"]);
  if (status !== 0) {
    console.log(
      "  pyarrow or torch cannot be loaded: golden tables are taken on trust (pip install pyarrow torch tensorboard)",
    );
    return;
  }
  await checkTables(dir);
  await checkTypes(dir);
  await checkEvents(dir);
});

test.run();
