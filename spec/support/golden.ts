/** @file Golden files and the Python scripts beside them, which are run where what they need can be loaded. */
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

/** Package that a script needs, and how it is installed. */
interface Oracle {
  readonly title: string;
  readonly module: string;
  readonly install: string;
}

const pytorch: Oracle = { title: "PyTorch", module: "torch", install: "torch==2.13.0" };

/** A test that the file is what its script prints; left out where its package cannot be loaded, because it is not there or only half installed. */
export const isPrintedBy = (test: Test, name: string, { title, module, install }: Oracle): void => {
  const law = `the golden file is what ${title} prints`;
  const run = (...args: readonly string[]) => spawnSync("python3", args, { encoding: "utf8" });
  const script = run(`${pathOf(name)}.py`);
  if (script.status !== 0 && run("-c", `import ${module}`).status !== 0) {
    console.log(`  ${title} cannot be loaded: its golden file is taken on trust (pip install ${install})`);
    test.skip(law);
    return;
  }
  test(law, () => {
    assert.is(script.status, 0, script.stderr);
    assert.is(script.stdout, readFileSync(`${pathOf(name)}.json`, "utf8"));
  });
};

/** The same of a script that needs PyTorch. */
export const isPrintedByPyTorch = (test: Test, name: string): void => isPrintedBy(test, name, pytorch);
