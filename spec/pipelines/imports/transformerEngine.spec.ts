/** @file Logs of TransformerEngine: lines as nvdlfw-inspect prints them. Every line of a real one is read where it is there. */
import { existsSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { imported, refusal, shortly } from "./imported.ts";

const test = suite("transformerEngine");

const line = (name: string, iteration: number, value: string): string =>
  `2026-01-15 23:04:33,107 - INFO - ${name} \t\t\t\t iteration=${String(iteration).padStart(6, "0")} \t\t\t\t value=${value}\n`;

const qkv = "layers.1.qkv";

test("a scale times the greatest number of its format is the largest magnitude, to half of the last digit that was printed", async () => {
  const { rows, summary } = await imported(
    [
      line(`${qkv}_activation_scale_inv_max`, 10, "0.0006"),
      line(`${qkv}_gradient_scale_inv_max`, 10, "0.0000"),
      line(`${qkv}_activation_underflows%`, 10, "12.9309"),
      line(`${qkv}_activation_mse`, 10, "0.0000"),
      line(`${qkv}_activation_scale_inv_min`, 10, "0.0006"),
    ].join(""),
  );
  assert.equal(rows.map(shortly), [
    [10, `${qkv}/activation`, "activation", -0.0006 * 448, 0.0006 * 448],
    [10, `${qkv}/gradient`, "gradient", -0, 0],
  ]);
  const [activation, gradient] = rows;
  assert.equal(activation?.foreign, { known: "scale", minError: 0.0224, maxError: 0.0224, coldStart: false });
  assert.is(gradient?.foreign?.maxError, 0.00005 * 57344);
  assert.is(gradient?.verdict, "observed", "printed as 0 is not 0");
  assert.equal(activation?.measured, { underflows: [0.129309], mse: [0], scale: [0.0006] });
  assert.equal([summary.lost, summary.rounded, summary.unused], [1, 2, { scale_inv_min: 1 }]);
});

test("scales of 1 at iteration 0 are a cold start, other ones are not", async () => {
  const { rows, summary } = await imported(
    [
      line(`${qkv}_weight_scale_inv_max`, 0, "1.0000"),
      line("fc_weight_scale_inv_max", 0, "0.0021"),
      line(`${qkv}_weight_scale_inv_max`, 10, "1.0000"),
    ].join(""),
  );
  assert.equal(
    rows.map(({ foreign }) => foreign?.coldStart),
    [true, false, false],
  );
  assert.is(summary.coldStarts, 1);
});

test("scales that are powers of two tell the largest magnitude to a factor of two, and are E4M3 for gradients, too", async () => {
  const { rows } = await imported(line(`${qkv}_gradient_mxfp8_scale_inv_max`, 0, "0.5000"));
  const [row] = rows;
  const [least, most] = [(0.49995 / 2) * 448, 0.50005 * 448];
  assert.ok(Math.abs((row?.stat.max ?? 0) - (row?.foreign?.maxError ?? 0) - least) < 1e-9);
  assert.ok(Math.abs((row?.stat.max ?? 0) + (row?.foreign?.maxError ?? 0) - most) < 1e-9);
});

test("the last tensor word of a name is the tensor; exponents, signs, nan and lines without a time are read", async () => {
  const { rows, summary } = await imported(
    [
      "a.output.dense_gradient_min  iteration=000000  value=-0.0031\n",
      "a.output.dense_gradient_max  iteration=000000  value=0.0040\r\n",
      line("a_wgrad_max_blockwise_dynamic_range_block_size_32_dims_1", 1000000, "nan"),
      line("a_activation_fp8_delayed_scaling_overflows%_columnwise", 0, "1e-05"),
      line("b_dgrad_cur_amax", 3, "inf"),
      "2026-01-15 23:04:30,000 - INFO - Default logging to file enabled at logs\n",
    ].join(""),
  );
  assert.equal(rows.map(shortly), [
    [0, "a.output.dense/gradient", "gradient", -0.0031, 0.004],
    [3, "b/dgrad", "gradient", Number.NaN, Number.NaN],
  ]);
  assert.equal(rows[0]?.foreign, { known: "minMax", minError: 0.00005, maxError: 0.00005, coldStart: false });
  assert.is(rows[1]?.verdict, "nonFinite");
  assert.equal(summary.unused, {
    max_blockwise_dynamic_range_block_size_32_dims_1: 1,
    "overflows%_columnwise": 1,
    "other lines": 1,
  });
});

test("a line that is cut is refused", async () => {
  const text = line(`${qkv}_weight_scale_inv_max`, 10, "0.0021");
  assert.match(
    await refusal(`${text}${text.slice(0, -8)}`),
    /^FILE, line 2: "2026.*value", expected LAYER_TENSOR_STATISTIC iteration=N value=X; the file may be truncated\.$/,
  );
});

const real = "../shared/data/te-logs/te_llama3.log";
if (existsSync(real))
  test("all 600 lines of a log of Llama 3 are read, and its cold start is marked", async () => {
    const text = readFileSync(real, "utf8");
    const { rows, summary } = await imported(text);
    assert.is(text.trimEnd().split("\n").length, 600);
    assert.is(summary.files[0]?.values, 600);
    assert.equal(summary.unused, { scale_inv_min: 150 });
    assert.equal([summary.rows, summary.coldStarts, summary.lost], [150, 6, 48]);
    assert.equal(summary.sites, { weight: 2, activation: 2, gradient: 2 });
    assert.ok(rows.every(({ step, foreign }) => foreign?.coldStart === (step === 0)));
  });

test.run();
