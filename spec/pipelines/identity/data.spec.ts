/** @file A run is what its data hold: other images or labels are another run, other places of the same ones are not. */
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { loadRun } from "../../../pipelines/runs/runDirectory.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, eventsOf, stoppedAfter } from "../runs.ts";
import { writeIdx } from "./smallIdx.ts";

const test = suite("identity: data");
const home = scratch();

const idxRun = { data: "mnist", engine: "simd", batch: 16, epochs: 2 } as const;
const [good, same, turned, more] = [
  writeIdx(join(home, "good"), 48),
  writeIdx(join(home, "same"), 48),
  writeIdx(join(home, "turned"), 48, 1),
  writeIdx(join(home, "more"), 64),
] as const;
const whole = await doneOf({ ...idxRun, dataDir: good });
const out = join(home, "run");
await stoppedAfter(5, out, { ...idxRun, dataDir: good });

test("a stopped run does not go on with other labels or more images, and says how the data differ", async () => {
  for (const [dataDir, count] of [
    [turned, 48],
    [more, 64],
  ] as const)
    assert.match(
      await failureOf(eventsOf({ dataDir }, { out, resume: true })),
      new RegExp(
        `^--resume: --data mnist with ${count} training and 16 test samples of sha256 [0-9a-f]{8}, expected 48 training and 16 test samples of sha256 [0-9a-f]{8} as in the saved run; restore the data, or start a new run in another --out\\.$`,
      ),
    );
});

test("its score is not told of other test images", async () => {
  assert.match(
    await failureOf(lastValueFrom(evaluate(builtIn({ dataDir: turned }), out))),
    /expected 48 training and 16/,
  );
});

test("images beyond --limit do not count", async () => {
  const limited = join(home, "limited");
  await stoppedAfter(3, limited, { ...idxRun, limit: 32, dataDir: more });
  const { weightsSha256 } = await doneOf({ dataDir: good }, { out: limited, resume: true });
  assert.is(weightsSha256, (await doneOf({ ...idxRun, limit: 32, dataDir: good })).weightsSha256);
});

test("with the same data elsewhere it goes on to the same bits", async () => {
  assert.is((await doneOf({ dataDir: same }, { out, resume: true })).weightsSha256, whole.weightsSha256);
});

test("a relative directory of data is found from any working directory", async () => {
  const [before, dir] = [process.cwd(), join(home, "relative")];
  try {
    process.chdir(home);
    await stoppedAfter(4, "relative", { ...idxRun, dataDir: "good" });
    process.chdir(scratch());
    assert.is((await doneOf({}, { out: dir, resume: true })).weightsSha256, whole.weightsSha256);
    process.chdir(home);
    assert.is(loadRun("relative").identity.settings.dataDir, "good");
  } finally {
    process.chdir(before);
  }
});

test.run();
