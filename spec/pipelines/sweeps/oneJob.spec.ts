/** @file What is asked of a job before, while and after its attempt begins. */
import { NEVER, Observable, of, Subject } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { TrainEvent } from "../../../pipelines/runs/events.ts";
import type { Attempt, Store } from "../../../pipelines/stores/store.ts";
import type { JobDocument } from "../../../pipelines/sweeps/jobDocument.ts";
import { type JobHandling, type Killed, runJob } from "../../../pipelines/sweeps/oneJob.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("one job");

const job = { name: "run", runId: "0", source: {}, resources: {}, carried: { files: [] } } as unknown;

/** A job whose attempt begins when it is told to, and whose process goes on until it is stopped or killed. */
const slowJob = () => {
  const did: string[] = [];
  const attempt: Attempt = {
    number: 1,
    dir: scratch(),
    save: async () => void did.push("save"),
    isNewest: async () => true,
    commit: async () => "committed",
    leave: async () => void did.push("leave"),
  };
  let begin = (): void => {};
  const begun = new Promise<Attempt>((resolve) => {
    begin = () => resolve(attempt);
  });
  const [stop$, kill$] = [new Subject<void>(), new Subject<Killed>()];
  const how: JobHandling = {
    workers: {
      run: (_task, asked$) =>
        new Observable<TrainEvent>((subscriber) => {
          did.push("start");
          asked$.subscribe(() => subscriber.complete());
          return () => did.push("end");
        }),
      close: () => {},
    },
    ...{ resources: {}, stop$, kill$, progress: () => {}, isOurs: async () => true },
  };
  const ended = runJob({ begin: () => begun } as unknown as Store, job as JobDocument, how);
  return { did, begin, stop$, kill$, ended };
};

test("a job that is killed while its attempt begins starts no process, and says why", async () => {
  for (const [why, message] of [
    ["lost", "it is not this machine's any more"],
    ["cancelled", "its study was cancelled"],
  ] as const) {
    const { did, begin, kill$, ended } = slowJob();
    kill$.next(why);
    begin();
    assert.equal(await ended, { end: why, message });
    assert.equal(did, ["leave"]);
  }
});

test("a job that is stopped while its attempt begins starts no process", async () => {
  const { did, begin, stop$, ended } = slowJob();
  stop$.next();
  begin();
  assert.equal(await ended, { end: "stopped" });
  assert.equal(did, ["leave"]);
});

test("a job that trains is killed, or stopped and saved; nobody is listened to behind it", async () => {
  for (const [ask, end, done] of [
    ["kill$", { end: "lost", message: "it is not this machine's any more" }, ["start", "end", "leave"]],
    ["stop$", { end: "stopped" }, ["start", "end", "save", "leave"]],
  ] as const) {
    const { did, begin, stop$, kill$, ended } = slowJob();
    begin();
    await new Promise(setImmediate);
    if (ask === "kill$") kill$.next("lost");
    else stop$.next();
    assert.equal(await ended, end);
    assert.equal(did, done);
    assert.equal([stop$.observed, kill$.observed], [false, false]);
  }
});

test("a job whose lock was lost when its process was done is not committed", async () => {
  const committed: string[] = [];
  const attempt = {
    ...{ number: 1, dir: scratch(), isNewest: async () => true, save: async () => {}, leave: async () => {} },
    commit: async () => committed.push("run") && ("committed" as const),
  };
  const how = (isOurs: boolean): JobHandling => ({
    workers: { run: () => of({ event: "done" } as TrainEvent), close: () => {} },
    ...{ resources: {}, stop$: NEVER, kill$: NEVER, progress: () => {}, isOurs: async () => isOurs },
  });
  const store = { begin: async () => attempt } as unknown as Store;
  assert.equal(await runJob(store, job as JobDocument, how(false)), {
    ...{ end: "lost", message: "its lock was lost" },
  });
  assert.equal(committed, []);
  assert.equal(await runJob(store, job as JobDocument, how(true)), { end: "done", committed: true });
  assert.equal(committed, ["run"]);
});

test.run();
