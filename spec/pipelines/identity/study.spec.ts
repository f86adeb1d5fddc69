/** @file In a study other contents of data or of a user's file are another run, and no result of one is told as that of another. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import type { RunDoneEvent } from "../../../pipelines/studies/events.ts";
import { scratch } from "../files/scratch.ts";
import { runNamesIn } from "../runs.ts";
import { writeIdx } from "./smallIdx.ts";

const test = suite("identity: studies");
const home = scratch();
const out = join(home, "study");

const writeEstimator = (factor: number): void =>
  writeFileSync(
    join(home, "mine.ts"),
    `import { map } from "rxjs";
export default (observed$) => observed$.pipe(map(({ min, max }) => ({ lo: ${factor} * min, hi: ${factor} * max })));
`,
  );

/** The one run of the study. */
const studied = async (gradientRange: string, dataDir: string): Promise<RunDoneEvent> => {
  const settings = { data: "mnist", dataDir, engine: "simd", batch: 16, epochs: 1 } as const;
  const events = await lastValueFrom(
    compare({ mine: builtIn(settings) }, { cells: [{ gradientRange }], seeds: [1], out }).pipe(toArray()),
  );
  const run = events.find((event) => event.event === "run");
  assert.ok(run?.status === "done", JSON.stringify(run));
  return run;
};

test("a file that was edited and data that were changed are run, the same contents elsewhere are not", async () => {
  writeEstimator(1);
  writeIdx(join(home, "data"), 32);
  const first = await studied(join(home, "mine.ts"), join(home, "data"));
  cpSync(join(home, "mine.ts"), join(home, "copy", "mine.ts"), { recursive: true });
  cpSync(join(home, "data"), join(home, "copy", "data"), { recursive: true });
  writeEstimator(0.1);
  const edited = await studied(join(home, "mine.ts"), join(home, "data"));
  writeIdx(join(home, "data"), 32, 1);
  const turned = await studied(join(home, "copy", "mine.ts"), join(home, "data"));
  const again = await studied(join(home, "copy", "mine.ts"), join(home, "copy", "data"));
  assert.equal(
    [first, edited, turned, again].map(({ before }) => before),
    [false, false, false, true],
  );
  assert.equal(again.done, first.done);
  const weights = [first, edited, turned].map(({ done }) => done.weightsSha256);
  assert.is(new Set(weights).size, 3);
  const names = runNamesIn(out);
  assert.is(names.length, 3);
  for (const name of names)
    assert.match(name, /^data=mnist-[0-9a-f]{8},gradient-range=mine\.ts-[0-9a-f]{8},epochs=1,batch=16,/);
});

test.run();
