/** @file Golden files and the Python scripts beside them, which are run where what they need is installed. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Test } from "uvu";
import * as assert from "uvu/assert";

const pathOf = (name: string): string => `spec/golden/${name}`;

export const golden = (name: string): unknown => JSON.parse(readFileSync(`${pathOf(name)}.json`, "utf8"));

/** The high bytes of the linear congruential generator of the scripts, as numbers from -128 to 127. */
export const goldenCodes = (count: number, seed: number): Int8Array => {
  let state = seed;
  return Int8Array.from({ length: count }, () => {
    state = Number((BigInt(state) * 1103515245n + 12345n) % 2n ** 31n);
    return ((state >> 16) % 256) - 128;
  });
};

/** A test that the file is what its script prints. */
export const isPrintedByPyTorch = (test: Test, name: string): void => {
  const python = spawnSync("python3", [`${pathOf(name)}.py`], { encoding: "utf8" });
  const isMissing =
    python.error !== undefined || /ModuleNotFoundError: No module named 'torch'/.test(python.stderr);
  if (isMissing) {
    console.log("  PyTorch is not installed: its golden file is taken on trust (pip install torch==2.13.0)");
    test.skip("the golden file is what PyTorch prints");
    return;
  }
  test("the golden file is what PyTorch prints", () => {
    assert.is(python.status, 0, python.stderr);
    assert.is(python.stdout, readFileSync(`${pathOf(name)}.json`, "utf8"));
  });
};
