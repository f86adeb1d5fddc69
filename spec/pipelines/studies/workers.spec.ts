import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { lastValueFrom, NEVER } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { EndedProcess, workersIn } from "../../../pipelines/studies/workers.ts";
import { scratch } from "../files/scratch.ts";
import { small } from "../runs.ts";

const test = suite("processes of a study");

const children = `/proc/${process.pid}/task/${process.pid}/children`;

const task = (out: string) => ({
  source: builtIn({ ...small, epochs: 1 }),
  ...{ out, resume: false, runId: undefined as never },
});

test("a run that is sent to a process which has just died has ended with its process, and did not fail by itself", async () => {
  const home = scratch();
  const workers = workersIn(process.cwd());
  await lastValueFrom(workers.run(task(join(home, "first")), NEVER));
  await sleep(50);
  const idle = readFileSync(children, "latin1").split(" ").filter(Boolean).map(Number).at(-1) as number;
  process.kill(idle, "SIGKILL");
  // The kernel has ended it before the event loop of this process hears of it.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  const error = await lastValueFrom(workers.run(task(join(home, "second")), NEVER)).catch(
    (thrown: unknown) => thrown,
  );
  assert.instance(error, EndedProcess, String(error));
  workers.close();
});

test.run();
