/** @file How exact imported numbers are: as they were printed, as their file says, or as it is said on the command line. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ImportOptions } from "../../../pipelines/imports/importOptions.ts";
import { NumberText } from "../../../pipelines/imports/numberText.ts";
import type { Precision } from "../../../pipelines/imports/precision.ts";
import { imported, refusal } from "./imported.ts";

const test = suite("precision");

const read = (text: string, mark?: "." | ","): NumberText | undefined => {
  const numbers = new NumberText(mark);
  const bytes = Buffer.from(text);
  return numbers.read(bytes, 0, bytes.length) ? numbers : undefined;
};

test("a number is the one that JavaScript reads, and half its last digit", () => {
  for (const [text, halfUnit] of [
    ["0.0004", 0.00005],
    ["-12.50", 0.005],
    ["+3", 0.5],
    ["7.", 0.5],
    [".5", 0.05],
    ["1.25e-3", 0.5e-5],
    ["1E+30", 0.5e30],
    ["0.1234567890123456789", 0.5e-19],
    ["123456789012345678901234567890", 0.5],
    ["0", 0.5],
  ] as const) {
    const found = read(text);
    assert.is(found?.value, Number(text), text);
    assert.ok(
      Math.abs((found?.halfUnit as number) / halfUnit - 1) < 1e-12 || halfUnit === found?.halfUnit,
      text,
    );
  }
  assert.is(Object.is(read("-0.0")?.value, -0), true);
  assert.is(read("1,5", ",")?.value, 1.5);
  assert.is(read("0x1.8p+1")?.value, 3);
  assert.is(read("-0x1.999999999999ap-4")?.value, -0.1);
  assert.equal(
    [read("0x1.8p+1")?.halfUnit, read("inf")?.value, read("-Infinity")?.value],
    [0, Infinity, -Infinity],
  );
  assert.ok(Number.isNaN(read("NaN")?.value));
  for (const text of ["", "-", ".", "e5", "1e", "1e+", "1.2.3", "1,5", "1 2", "0x", "abc", "--1", "1e5x"])
    assert.is(read(text), undefined, text);
});

const errors = async (
  values: readonly string[],
  options: Partial<ImportOptions> = {},
): Promise<readonly (number | undefined)[]> => {
  const lines = values.map((value, step) => `${step},a/input,${value}\n`);
  const { rows } = await imported(`step,site,amax\n${lines.join("")}`, options);
  return rows.map(({ foreign }) => foreign?.maxError);
};

test("a column with the same decimals throughout, of which one ends in 0, is printed to half its last digit", async () => {
  assert.equal(await errors(["0.1234", "0.5670", "12.0000"]), [0.00005, 0.00005, 0.00005]);
  assert.equal(await errors(["1.20e-03", "4.56e+02"]), [0.5e-5, 0.5]);
});

test("a column whose numbers have the fewest digits that tell them, or that has a few only, is exact", async () => {
  assert.equal(await errors(["0.1", "0.25", "3"]), [0, 0, 0]);
  assert.equal(await errors(["0.1234", "0.5678"]), [0, 0]);
  assert.equal(await errors(["1", "20", "300"]), [0, 0, 0]);
  assert.equal(await errors(["0.10", "0.2"]), [0, 0]);
});

test("twenty numbers of the same decimals are printed, whatever they end in", async () => {
  const values = Array.from({ length: 20 }, (_, i) =>
    `0.${100 + i * 7 + (i % 10 === 0 ? 1 : 0)}`.slice(0, 5),
  );
  assert.ok((await errors(values)).every((error) => error === 0.0005));
  assert.ok(
    (await errors(values.slice(1))).every(
      (error) => error === (values.slice(1).some((v) => v.endsWith("0")) ? 0.0005 : 0),
    ),
  );
});

test("--precision says it: exact, printed, or so many decimals, also of files without texts", async () => {
  const values = ["0.1234", "0.50"];
  assert.equal(await errors(values, { precision: "exact" }), [0, 0]);
  assert.equal(await errors(values, { precision: "printed" }), [0.00005, 0.005]);
  assert.equal(await errors(["0.123", "0.50"], { precision: 3 }), [0.0005, 0.0005]);
  assert.match(
    await refusal("step,site,amax\n0,a/input,1\n", { precision: 0.5 }),
    /^--precision: 0\.5, expected auto, exact, printed, a number of decimals such as 4, or of significant digits such as 6g\.$/,
  );
});

test("so many significant digits, as %.6g prints them, are half a unit of the last one", async () => {
  const values = ["0.5", "0", "123457", "0.00123457", "1e-05", "1", "9.99999e+20"];
  const close = (await errors(values, { precision: "6g" })).map((error) => Number(error?.toPrecision(12)));
  assert.equal(close, [5e-7, 0, 0.5, 5e-9, 5e-11, 5e-6, 5e14]);
  assert.equal(await errors(["0.2"], { precision: "1g" }), [0.05]);
  for (const precision of ["0g", "18g", "g", "6.5g", "6G"])
    assert.match(
      await refusal("step,site,amax\n0,a/input,1\n", { precision: precision as "6g" }),
      /^--precision: ".*", expected auto/,
    );
});

test("a column of decimals says it row by row; a row without is decided as without the column", async () => {
  const { rows } = await imported(
    "step,site,min,max,decimals\n0,a/input,-0.1,0.2,2\n1,a/input,-0.1,0.2,4\n2,a/input,-0.1,0.2,\n",
  );
  assert.equal(
    rows.map(({ foreign }) => [foreign?.minError, foreign?.maxError]),
    [
      [0.005, 0.005],
      [0.00005, 0.00005],
      [0, 0],
    ],
  );
  const mixed = await imported("step,site,amax,decimals\n0,a/input,1.250,1\n1,a/input,1.375,\n");
  assert.equal(
    mixed.rows.map(({ foreign }) => foreign?.maxError),
    [0.05, 0.0005],
  );
});

test("what a row says of its decimals goes before --precision, but for exact", async () => {
  const text = "step,site,amax,precision\n0,a/input,1.25,2\n1,a/input,1.23457,\n";
  const of = async (precision: Precision) =>
    (await imported(text, { precision })).rows.map(({ foreign }) =>
      Number(foreign?.maxError.toPrecision(12)),
    );
  assert.equal(await of("6g"), [0.005, 5e-6]);
  assert.equal(await of(5), [0.005, 5e-6]);
  assert.equal(await of("printed"), [0.005, 5e-6]);
  assert.equal(await of("exact"), [0, 0]);
});

test("numbers that none with so many digits or decimals print as show that it is another precision, and are refused", async () => {
  const of = (value: string) => `step,site,amax\n0,a/input,0.5\n1,a/input,${value}\n`;
  const hint = "state the precision of the file, or use --precision printed for the digits of each number.";
  for (const [value, precision, expected] of [
    ["1.2345678", "6g", "6 significant digits"],
    ["1234", "3g", "3 significant digits"],
    ["0.1234", 3, "3 decimals"],
  ] as const)
    assert.is(
      await refusal(of(value), { precision }),
      `FILE, line 3: amax ${value} with --precision ${precision}, expected numbers of at most ${expected}; ${hint}`,
    );
  for (const [value, precision] of [
    ["1.23457e+06", "6g"],
    ["1230", "3g"],
    ["0.1234567890123456789", "17g"],
    ["inf", "6g"],
    ["1e-150", 200],
    ["12.500", 3],
    // As float32, which columns of a table may be.
    [String(Math.fround(1.23457)), "6g"],
    [String(Math.fround(0.125001)), 6],
  ] as const)
    assert.is((await imported(of(value), { precision })).summary.rows, 2, value);
});

test("decimals that are no whole number from 0 to 17 are refused with their line", async () => {
  for (const decimals of ["nan", "400", "-3", "1.5", "18"])
    assert.match(
      await refusal(`step,site,amax,precision\n0,a/input,1.25,2\n1,a/input,1.25,${decimals}\n`),
      /^FILE, line 3: precision \S+, expected a whole number from 0 to 17\.$/,
      decimals,
    );
  assert.match(
    await refusal('{"step": 0, "site": "a/input", "amax": 1, "precision": -1}\n'),
    /^FILE, line 1: precision -1, expected a whole number from 0 to 17\.$/,
  );
});

test("the precision of a scale goes with what it is multiplied by, each end on its own", async () => {
  const { rows } = await imported("step,site,scale,zero_point\n0,a/input,0.0010,128\n1,a/input,0.0200,28\n", {
    numberFormat: "uint8",
  });
  const close = (a: number | undefined, b: number): void =>
    assert.ok(Math.abs((a ?? Number.NaN) - b) < 1e-12, `${a} ${b}`);
  close(rows[0]?.stat.min, -0.128);
  close(rows[0]?.stat.max, 0.127);
  close(rows[0]?.foreign?.minError, 128 * 0.00005);
  close(rows[0]?.foreign?.maxError, 127 * 0.00005);
  close(rows[1]?.stat.max, 0.02 * 227);
  assert.is(rows[0]?.foreign?.known, "scale");
});

test("a zero point is a whole number of the format", async () => {
  const of = (zeroPoint: string) => `step,site,scale,zero_point,format\n0,a/input,0.01,${zeroPoint}\n`;
  for (const [text, sentence] of [
    [
      "300,uint8",
      "zero point 300 of a/input at step 0, expected a whole number from 0 to 255, as uint8 has.",
    ],
    [
      "-5.5,int8",
      "zero point -5.5 of a/input at step 0, expected a whole number from -128 to 127, as int8 has.",
    ],
  ] as const)
    assert.is(await refusal(of(text)), `FILE, line 2: ${sentence}`);
  assert.is((await imported(of("-128,int8"))).rows[0]?.stat.max, 255 * 0.01);
});

test("a scale of floats has no zero point but 0", async () => {
  const of = (zeroPoint: string) => `step,site,scale,zero_point\n0,a/input,0.5,${zeroPoint}\n`;
  for (const numberFormat of ["e4m3", "e4m3:pow2"]) {
    assert.is(
      await refusal(of("3"), { numberFormat }),
      `FILE, line 2: zero point 3 with a scale of ${numberFormat} of a/input at step 0, expected none, or 0, as floats have.`,
    );
    const ends = async (zeroPoint: string) =>
      (await imported(of(zeroPoint), { numberFormat })).rows.map(({ stat }) => stat.max);
    assert.equal(await ends("0"), await ends(""));
  }
});

test("formats of scales are said by the file, the command line or a tensor's role", async () => {
  const ends = async (
    text: string,
    options: Partial<ImportOptions> = {},
  ): Promise<readonly (number | undefined)[]> =>
    (await imported(text, options)).rows.map(({ stat }) => stat.max);
  const plain = "step,site,scale\n0,a/input,1\n0,a/gradient,1\n";
  assert.equal(await ends(plain, { numberFormat: "hybrid" }), [448, 57344]);
  assert.equal(await ends(plain, { numberFormat: "int8" }), [127, 127]);
  assert.equal(await ends("step,site,scale,format\n0,a/input,1,e2m1\n0,a/gradient,2,int4\n"), [6, 14]);
  assert.match(
    await refusal(plain, { numberFormat: "fp8" }),
    /^--number-format: number format "fp8", expected /,
  );
});

test("the scales of a site are of one format: another one is refused with its line, unless --number-format says it", async () => {
  const text = "step,site,scale,format\n0,a/input,1,e4m3\n1,a/input,1,e5m2\n";
  assert.is(
    await refusal(text),
    "FILE, line 3: a scale of e5m2 of a/input, where scales before are of e4m3, expected one format for the scales of a site; give them different names, or set the format with --number-format.",
  );
  assert.equal(
    (await imported(text, { numberFormat: "int8" })).rows.map(({ stat }) => stat.max),
    [127, 127],
  );
  // What is no scale may say another format, and a scale without one is of that of the others.
  const { rows } = await imported(
    "step,site,stat,value,format\n0,a/input,mean,1,e5m2\n0,a/input,scale,1,e4m3\n1,a/input,scale,2,\n",
  );
  assert.equal(
    rows.map(({ stat }) => stat.max),
    [448, 896],
  );
});

test.run();
