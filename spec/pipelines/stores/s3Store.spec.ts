/** @file Stores of objects: the laws of stores, in memory and on a service, and what only objects have. */
import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { canResume, lookAtRun } from "../../../pipelines/runs/runDirectory.ts";
import type { ObjectStore } from "../../../pipelines/stores/objectStore.ts";
import { s3Objects } from "../../../pipelines/stores/s3Objects.ts";
import { s3Store } from "../../../pipelines/stores/s3Store.ts";
import type { Attempt, Store } from "../../../pipelines/stores/store.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { objectsInMemory } from "./objectsInMemory.ts";
import { bucket, s3Server } from "./s3Server.ts";
import { begun, finish, isUndisturbed, keepsTheLaws, run, trainFor } from "./storeLaws.ts";

const places = new Map<string, ReturnType<typeof objectsInMemory>>();
const placeOf = (name: string): ReturnType<typeof objectsInMemory> => {
  if (!places.has(name)) places.set(name, objectsInMemory());
  return places.get(name)!;
};

keepsTheLaws({
  name: "objects in memory",
  open: async (name) => s3Store(placeOf(name), join(scratch(), "mirror")),
  namesIn: async (name) => [...placeOf(name).all.keys()],
});

const server = await s3Server();
if (server)
  keepsTheLaws({
    name: "S3",
    open: async (name) => s3Store(await s3Objects(`s3://${bucket}/${name}`), join(scratch(), "mirror")),
    namesIn: async (name) => (await s3Objects(`s3://${bucket}/${name}`)).list(""),
  });

const test = suite("objects as a store");

if (!server) test.skip("the laws of stores on an S3 service need moto, which pip installs", () => {});
test.after(() => server?.stop());

/** The store of one more machine. */
const storeOf = (objects: ObjectStore): Store => s3Store(objects, join(scratch(), "mirror"));

/** Objects that do something before a run is committed. */
const beforeCommit = (objects: ObjectStore, act: () => Promise<void>): ObjectStore => ({
  ...objects,
  putNew: async (key, bytes) => {
    if (key.startsWith(".committed/")) await act();
    return objects.putNew(key, bytes);
  },
});

/** Two attempts, of which the older one is committed after the newer one has begun, in the last moment in which it can be. */
const raced = async () => {
  const objects = objectsInMemory();
  let newer: Attempt | undefined;
  const older = await begun(
    storeOf(
      beforeCommit(objects, async () => {
        newer = await begun(storeOf(objects));
      }),
    ),
  );
  await finish(older);
  assert.is(await older.commit(), "committed");
  return { objects, newer: newer! };
};

const foreign = (objects: ReturnType<typeof objectsInMemory>): readonly string[] =>
  [...objects.all.keys()].filter((key) => !key.startsWith(`.attempts/${run.runId}/1/files/`)).sort();

const alone = [`.committed/${run.name}.json`, ".sweep/conditional"].sort();

test("a newer attempt that has begun while an older one was committed compares, and is discarded", async () => {
  const { objects, newer } = await raced();
  await finish(newer);
  await newer.save();
  assert.is(await newer.commit(), "same");
  assert.equal(foreign(objects), alone);
  await isUndisturbed(storeOf(objects));
});

test("one with other results is told so, and the first stays", async () => {
  const { objects, newer } = await raced();
  await finish(newer, 2);
  assert.is(await newer.commit(), "other");
  assert.equal(foreign(objects), alone);
  await isUndisturbed(storeOf(objects));
});

test("what was saved before stays usable until what is saved next is whole", async () => {
  const objects = objectsInMemory();
  let left = Number.POSITIVE_INFINITY;
  const failing: ObjectStore = {
    ...objects,
    put: async (key, bytes) => {
      if (left-- <= 0) throw new Error("the network is gone");
      await objects.put(key, bytes);
    },
  };
  const first = await begun(storeOf(failing));
  await trainFor(3, first);
  await first.save();
  await trainFor(4, first);
  let failures = 0;
  for (let whole = false; !whole; failures++) {
    left = failures;
    whole = await first.save().then(
      () => true,
      () => false,
    );
    const next = await begun(storeOf(objects));
    assert.is(lookAtRun(next.dir).step, whole ? 7 : 3, `after ${failures} objects`);
  }
  assert.ok(failures > 4, "checkpoint, log, recording and its sums, and what names them");
});

test("what is not needed any more is removed, and what is stays", async () => {
  const objects = objectsInMemory();
  const attempt = await begun(storeOf(objects));
  const counts: number[] = [];
  for (let saves = 0; saves < 3; saves++) {
    await trainFor(2, attempt);
    await attempt.save();
    await attempt.save();
    // A recording has two more files each time it goes on.
    counts.push([...objects.all.keys()].filter((key) => key.includes("/files/")).length - 2 * saves);
  }
  assert.equal(counts, [4, 4, 4]);
});

test("what an attempt saves anew while it is taken over is taken instead", async () => {
  const objects = objectsInMemory();
  const first = await begun(storeOf(objects));
  await trainFor(3, first);
  await first.save();
  await trainFor(4, first);
  let isFirst = true;
  const slow: ObjectStore = {
    ...objects,
    get: async (key) => {
      if (isFirst && key.includes("/files/")) {
        isFirst = false;
        await first.save();
      }
      return objects.get(key);
    },
  };
  const second = await begun(storeOf(slow));
  assert.is(lookAtRun(second.dir).step, 7);
});

test("what is damaged is passed over: the run goes on from what an older attempt has saved", async () => {
  const objects = objectsInMemory();
  const first = await begun(storeOf(objects));
  await trainFor(3, first);
  await first.save();
  const second = await begun(storeOf(objects));
  await trainFor(4, second);
  await second.save();
  for (const [key, bytes] of objects.all)
    if (key.startsWith(`.attempts/${run.runId}/2/files/`))
      objects.all.set(
        key,
        bytes.map((byte) => byte ^ 1),
      );
  const third = await begun(storeOf(objects));
  assert.is(third.number, 3);
  assert.is(lookAtRun(third.dir).step, 3);
});

test("a committed run that was damaged is told of", async () => {
  const objects = objectsInMemory();
  const attempt = await begun(storeOf(objects));
  await finish(attempt);
  await attempt.commit();
  const [key] = [...objects.all.keys()].filter((each) => each.includes("/files/"));
  const whole = objects.all.get(key!)!;
  objects.all.set(key!, whole.slice(1));
  const { fetch, dir } = storeOf(objects);
  assert.match(
    await failureOf(fetch(run.name, "whole")),
    /files\/\d+: bytes that do not match their checksum, expected the contents that were written/,
  );
  objects.all.delete(key!);
  assert.match(
    await failureOf(fetch(run.name, "whole")),
    /files\/\d+: nothing, expected the contents that were written/,
  );
  assert.equal(readdirSync(dir), [], "nothing half-fetched is left");
});

test("a service that writes over what is there is refused before anything is trained", async () => {
  const objects = objectsInMemory();
  const forgetful: ObjectStore = {
    ...objects,
    putNew: async (key, bytes) => {
      await objects.put(key, bytes);
      return true;
    },
  };
  const refused = /s3:\/\/memory\/study: a service without conditional writes \(If-None-Match\)/;
  for (let times = 0; times < 2; times++) {
    const store = storeOf(forgetful);
    assert.match(await failureOf(store.begin(run)), refused);
    assert.match(await failureOf(store.documents.writeNew("study", "id", "a")), refused);
    assert.equal([...(await store.committed())], [], "reading needs no such promise");
  }
  assert.equal([...objects.all.keys()], [".sweep/conditional"]);
});

test("a record is fetched without the rest, and the rest when it is asked for", async () => {
  const objects = objectsInMemory();
  const attempt = await begun(storeOf(objects));
  await finish(attempt);
  await attempt.commit();
  let gets = 0;
  const counted: ObjectStore = {
    ...objects,
    get: async (key) => {
      if (key.includes("/files/")) gets++;
      return objects.get(key);
    },
  };
  const store = storeOf(counted);
  const dir = join(store.dir, run.name);
  await store.fetch(run.name, "record");
  assert.is(gets, 1);
  assert.is(typeof doneRecordIn(dir)?.done.weightsSha256, "string");
  assert.not.ok(canResume(dir));
  await store.fetch(run.name, "whole");
  assert.ok(canResume(dir));
  const all = gets;
  await store.fetch(run.name, "whole");
  await store.fetch(run.name, "record");
  assert.is(gets, all, "what is there is not fetched again");
  await isUndisturbed(store);
});

test("what a run trains in goes when it is left, and that of a killed process a day later", async () => {
  const objects = objectsInMemory();
  const store = storeOf(objects);
  const attempt = await begun(store);
  await trainFor(2, attempt);
  await attempt.leave();
  assert.not.ok(existsSync(attempt.dir));
  const [fresh, old] = [join(store.dir, ".attempt-fresh-1"), join(store.dir, ".attempt-old-1")];
  for (const dir of [fresh, old]) mkdirSync(dir);
  writeFileSync(join(old, "events.jsonl"), "");
  const yesterday = Date.now() / 1000 - 90_000;
  utimesSync(old, yesterday, yesterday);
  const next = await begun(store);
  assert.ok(existsSync(next.dir) && existsSync(fresh) && !existsSync(old));
});

test.run();
