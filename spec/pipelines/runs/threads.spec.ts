/** @file Whole training steps, and whole runs, give the same bits on any number of threads. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { simd } from "../../../core/engines/simd/engine.ts";
import { openTrainer, type TrainerOptions } from "../../../pipelines/bench/trainer.ts";
import { eager } from "../../support/eager.ts";
import { elements } from "../../support/elements.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, eventsOf, small, stopsAfter } from "../runs.ts";

const test = suite("runs on threads");

/** Traces of tensors and gradients in some steps on so many threads. */
const traced = async (wanted: number, steps: number, options: TrainerOptions): Promise<readonly string[]> => {
  const lines: string[] = [];
  const trainer = openTrainer({
    ...options,
    engine: simd({ bytes: 2 ** 29, threads: wanted === 1 ? undefined : await eager(wanted) }),
    through: tap((signal) => {
      if (signal._tag === "RangeSeen" || signal._tag === "Metric") lines.push(JSON.stringify(signal));
      if (signal._tag !== "ParameterGradient") return;
      const { buffer, byteOffset, byteLength } = elements(signal.gradient);
      const hash = createHash("sha256").update(new Uint8Array(buffer, byteOffset, byteLength));
      lines.push(`${signal.step} ${signal.parameter.path} ${hash.digest("hex")}`);
    }),
  });
  for (let step = 0; step < steps; step++) trainer.step();
  trainer.close();
  return lines;
};

/** Names, steps, lines that a step has at least, and what is trained. */
const cases: readonly (readonly [string, number, number, TrainerOptions])[] = [
  ["lenet5, one image", 3, 25, { model: "lenet5", batch: 1 }],
  ["lenet5, seven images", 3, 25, { model: "lenet5", batch: 7 }],
  ["lenet5 in float32", 2, 10, { model: "lenet5", batch: 5, ranges: "float" }],
  ["resnet20", 2, 100, { model: "resnet20", batch: 3 }],
  ["resnet20, ranges of each tensor", 2, 100, { model: "resnet20", batch: 4, ranges: "dynamic" }],
  ["mobileNetV2, depthwise", 1, 250, { model: "mobileNetV2", batch: 2 }],
];

for (const [name, steps, least, options] of cases)
  test(`steps of ${name}`, async () => {
    const expected = await traced(1, steps, options);
    assert.ok(expected.length > least * steps, `${expected.length} lines`);
    for (const wanted of [2, 3, 5]) {
      const found = await traced(wanted, steps, options);
      assert.is(found.length, expected.length);
      for (const [i, line] of expected.entries()) assert.is(found[i], line, `${wanted} threads`);
    }
  });

test("a run may go on with another number of threads, and ends with the same weights", async () => {
  const dir = scratch();
  const { weightsSha256 } = await doneOf(small);
  assert.is((await doneOf({ ...small, threads: "auto" })).weightsSha256, weightsSha256);
  const out = `${dir}/run`;
  await eventsOf({ ...small, threads: 2 }, { out, ...stopsAfter(7) });
  const resumed = await doneOf({ threads: 3 }, { out, resume: true });
  assert.is(resumed.weightsSha256, weightsSha256);
  assert.match(resumed.backend, /, 3 threads$/);
  rmSync(dir, { recursive: true });
});

test.run();
