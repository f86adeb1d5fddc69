/** @file What is asked of a run that has ended: to verify other options than it had, or to go on with other data, is refused. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "../files/scratch.ts";
import { writeIdx } from "../identity/smallIdx.ts";
import { answerTo } from "../runs.ts";

const test = suite("runs that have ended");
const home = scratch();
const before = process.cwd();
process.chdir(home);
test.after(() => process.chdir(before));

writeFileSync(
  "fold.ts",
  `import { estimatorEntry, runningMinMax } from "rangeflow";
export default estimatorEntry({
  name: "fold", summary: "", source: "",
  options: { length: { type: "integer", default: 2, least: 2, help: "tensors" } },
  make: ({ length }) => runningMinMax({ decay: 1 - 1 / length }),
});
`,
);
writeFileSync(
  "noise.ts",
  `import { absoluteError, dense, experiment, fromArrays, quantized } from "rangeflow";
const x = () => Float32Array.from({ length: 32 }, (_, i) => Math.sin(i + Number(process.env.RANGEFLOW_SPEC_SHIFT ?? 0)));
export default experiment({
  network: quantized(dense)("output", { units: 1 }), data: () => fromArrays(x(), x().slice(0, 16), [1, 1, 2], { test: 0.25 }), loss: absoluteError(), epochs: 1, batch: 4,
});
`,
);

const local = ["--engine", "simd", "--threads", "1"];

test("options of an own estimator that the run did not have are not verified in silence", async () => {
  const trained = await answerTo([
    ...["train", ...local, "--limit", "64", "--test-limit", "16", "--batch", "16", "--epochs", "1"],
    ...["--gradient-range", "./fold.ts:length=3", "--out", "fold"],
  ]);
  assert.is(trained.code, 0, trained.err);
  const verify = (text: string) => answerTo(["replay", "fold", "--verify", "--estimator", text]);
  for (const text of ["./fold.ts", "./fold.ts:length=3"]) {
    const { code, out } = await verify(text);
    assert.is(code, 0);
    assert.match(out, /^verified: /);
  }
  const other = await verify("./fold.ts:length=4");
  assert.is(other.code, 2);
  assert.match(
    other.err,
    /^--estimator: \.\/fold\.ts:length=4 with --verify, expected \.\/fold\.ts:length=3 as in the run; leave its options out: the run's own estimators are verified\.$/m,
  );
  assert.not.match(other.out, /verified/);
});

test("a finished run of a file says so for its own data, and is refused with others", async () => {
  const line = (...more: readonly string[]) =>
    answerTo(["train", "./noise.ts", ...local, "--out", "noise", ...more]);
  const whole = await line();
  assert.is(whole.code, 0, whole.err);
  assert.match((await line("--resume")).out, /^this run is finished: 1 epochs, 3 steps/);
  process.env.RANGEFLOW_SPEC_SHIFT = "1";
  try {
    const other = await line("--resume");
    assert.is(other.code, 2, other.out);
    assert.match(other.err, /^--resume: data with 12 training and 4 test samples of sha256 \w+, expected /);
  } finally {
    delete process.env.RANGEFLOW_SPEC_SHIFT;
  }
});

test("a finished run of a built-in experiment is refused with other data, too", async () => {
  const at = (name: string) => join(home, name);
  const line = (dir: string, ...more: readonly string[]) =>
    answerTo([
      ...["train", ...local, "--data", "mnist", "--data-dir", at(dir), "--batch", "16", "--epochs", "1"],
      ...["--out", "mnist", ...more],
    ]);
  writeIdx(at("one"), 48);
  writeIdx(at("other"), 48, 1);
  assert.is((await line("one")).code, 0);
  assert.match((await line("one", "--resume")).out, /^this run is finished/);
  const other = await line("other", "--resume");
  assert.is(other.code, 2, other.out);
  assert.match(
    other.err,
    /^--resume: --data mnist with 48 training and 16 test samples of sha256 \w+, expected 48/,
  );
});

test.run();
