/** @file A store in a directory: the laws of stores, and what only directories have. */
import { fork, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs, {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { lockOf } from "../../../pipelines/files/lock.ts";
import { studyIn } from "../../../pipelines/report/studyDirectory.ts";
import { findRuns } from "../../../pipelines/runs/findRuns.ts";
import { canResume, checkpointIn, lookAtRun } from "../../../pipelines/runs/runDirectory.ts";
import { directoryStore } from "../../../pipelines/stores/directoryStore.ts";
import { runsCsvIn } from "../../../pipelines/studies/runsCsv.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneIn, eventsOf, small, stoppedAfter } from "../runs.ts";
import { begun, finish, isUndisturbed, keepsTheLaws, run, trainFor, undisturbed } from "./storeLaws.ts";

const home = scratch();

keepsTheLaws({
  name: "directory",
  open: async (name) => directoryStore(join(home, name)),
  namesIn: async (name) => readdirSync(join(home, name)),
});

const test = suite("a directory as a store");

test("of processes that begin a run at once, each has a number of its own", async () => {
  const dir = join(scratch(), "new");
  const processes = Array.from({ length: 4 }, () =>
    fork(fileURLToPath(new URL("beginning.js", import.meta.url))),
  );
  await Promise.all(processes.map((each) => once(each, "message")));
  const told = processes.map((each) => once(each, "message"));
  for (const each of processes) each.send(dir);
  const numbers = (await Promise.all(told)).map(([number]) => Number(number));
  assert.is(new Set(numbers).size, processes.length, `${numbers}`);
});

/** Lets another attempt be number 2, for which number 1 has made room, right before `act` makes the directory of number 1. */
const overtaken = async <A>(dir: string, act: () => Promise<A>): Promise<A> => {
  const { mkdirSync: make } = fs;
  const [first, second] = [1, 2].map((number) => join(dir, `.attempt-${run.runId}-${number}`));
  const late = (path: string, options?: fs.MakeDirectoryOptions): string | undefined => {
    if (path === first && !existsSync(second ?? "")) make(second ?? "");
    return make(path, options) as string | undefined;
  };
  Object.assign(fs, { mkdirSync: late });
  syncBuiltinESMExports();
  try {
    return await act();
  } finally {
    Object.assign(fs, { mkdirSync: make });
    syncBuiltinESMExports();
  }
};

test("a number that was there and has made room is not given again", async () => {
  const dir = scratch();
  const attempt = await overtaken(dir, () => begun(directoryStore(dir)));
  assert.is(attempt.number, 3);
  assert.ok(await attempt.isNewest());
  assert.equal(readdirSync(dir), [`.attempt-${run.runId}-3`]);
});

test("a run that a local compare has left is the first attempt's, and its directory makes room", async () => {
  const dir = scratch();
  await stoppedAfter(6, join(dir, run.name));
  assert.equal([...(await directoryStore(dir).committed())], [], "it has not ended");
  const attempt = await begun(directoryStore(dir));
  assert.not.ok(existsSync(join(dir, run.name)));
  const start = (await eventsOf(small, { out: attempt.dir, resume: true }))[0];
  assert.is(start?.event === "start" && start.step, 6);
  assert.is(await attempt.commit(), "committed");
  await isUndisturbed(directoryStore(dir));
});

test("a run goes on from what is farthest: an attempt, or what a local compare has left", async () => {
  const dir = scratch();
  await trainFor(3, await begun(directoryStore(dir)));
  await stoppedAfter(6, join(dir, run.name));
  const far = await begun(directoryStore(dir));
  assert.is(lookAtRun(far.dir).step, 6);
  await stoppedAfter(3, join(dir, run.name));
  const still = await begun(directoryStore(dir));
  assert.is(lookAtRun(still.dir).step, 6);
  assert.equal(readdirSync(dir), [`.attempt-${run.runId}-3`]);
});

test("a run that a local process trains is waited for", async () => {
  const dir = scratch();
  const left = join(dir, run.name);
  await stoppedAfter(6, left);
  const lock = await lockOf(left);
  const wait = 300;
  const since = performance.now();
  setTimeout(lock.release, wait);
  const attempt = await begun(directoryStore(dir));
  assert.ok(performance.now() - since >= wait - 1);
  assert.is(lookAtRun(attempt.dir).step, 6);
});

test("what has the name of a run and is none stays, and is named", async () => {
  const dir = scratch();
  const place = join(dir, run.name);
  mkdirSync(place);
  writeFileSync(join(place, "thesis.tex"), "years of work");
  assert.match(
    await failureOf(directoryStore(dir).begin(run)),
    /seed=1: no run, but thesis\.tex, expected a run, or an empty directory; move it elsewhere\.$/,
  );
  assert.equal(readdirSync(dir), [run.name]);
  assert.equal(readdirSync(place), ["thesis.tex"]);
  rmSync(join(place, "thesis.tex"));
  await finish(await begun(directoryStore(dir)));
});

test("a second finisher compares, and is discarded", async () => {
  const dir = scratch();
  const attempt = await begun(directoryStore(dir));
  await finish(attempt);
  const { dir: local } = await undisturbed();
  cpSync(local, join(dir, run.name), { recursive: true });
  assert.is(await attempt.commit(), "same");
  assert.equal(readdirSync(dir), [run.name]);
  await isUndisturbed(directoryStore(dir));
});

test("a run that another process began in its place meanwhile is named, and what was trained stays", async () => {
  const dir = scratch();
  const attempt = await begun(directoryStore(dir));
  await finish(attempt);
  await stoppedAfter(3, join(dir, run.name));
  const message = await failureOf(attempt.commit());
  assert.match(
    message,
    /begun by another process meanwhile, expected none before the run is committed; wait for/,
  );
  assert.ok(message.includes(attempt.dir));
  rmSync(join(dir, run.name), { recursive: true });
  assert.is(await attempt.commit(), "committed");
});

test("a second finisher with other results is told so, and the first stays", async () => {
  const dir = scratch();
  const attempt = await begun(directoryStore(dir));
  await finish(attempt, 2);
  cpSync((await undisturbed()).dir, join(dir, run.name), { recursive: true });
  assert.is(await attempt.commit(), "other");
  assert.equal(readdirSync(dir), [run.name]);
  await isUndisturbed(directoryStore(dir));
});

test("a checkpoint that is damaged is passed over", async () => {
  const dir = scratch();
  const first = await begun(directoryStore(dir));
  await trainFor(3, first);
  const path = checkpointIn(first.dir);
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  const second = await begun(directoryStore(dir));
  assert.not.ok(canResume(second.dir));
  await finish(second);
  assert.is(await second.commit(), "committed");
});

test("what was being removed when its process ended goes with the next attempt", async () => {
  const dir = scratch();
  mkdirSync(join(dir, ".removed-by-a-killed-process", "ranges"), { recursive: true });
  writeFileSync(join(dir, ".removed-by-a-killed-process", "ranges", "000000.arrows"), "");
  const { number } = await begun(directoryStore(dir));
  assert.equal(readdirSync(dir), [`.attempt-${run.runId}-${number}`]);
});

test("a run that was removed counts no more", async () => {
  const dir = scratch();
  const store = directoryStore(dir);
  cpSync((await undisturbed()).dir, join(dir, run.name), { recursive: true });
  assert.equal([...(await store.committed())], [run.name]);
  rmSync(join(dir, run.name), { recursive: true });
  assert.equal([...(await store.committed())], []);
});

test("an attempt that was overtaken before its process had made its directory leaves nothing", async () => {
  const store = directoryStore(scratch());
  const first = await begun(store);
  await begun(store);
  cpSync((await undisturbed()).dir, first.dir, { recursive: true });
  assert.is(await first.commit(), "superseded");
  await first.leave();
  assert.not.ok(existsSync(first.dir));
});

test("lists and reports show the committed runs of a store, and no attempts", async () => {
  const dir = scratch();
  const store = directoryStore(dir);
  cpSync((await undisturbed()).dir, join(dir, run.name), { recursive: true });
  await trainFor(3, await begun(store, { name: "bits=8.8.8,seed=1", runId: "fedcba9876543210" }));
  await store.documents.write("jobs", "a", "{}");
  cpSync((await undisturbed()).dir, join(dir, ".attempt-0123456789abcdef-7"), { recursive: true });
  runsCsvIn(dir);
  assert.is(readFileSync(join(dir, "runs.csv"), "utf8").trim().split("\n").length, 2);
  assert.equal(findRuns(dir).runs, [join(dir, run.name)]);
  assert.equal((await studyIn(dir))?.runs, [join(dir, run.name)]);
  const { out } = await answerTo(["list", dir, "--json"]);
  assert.is(out.trim().split("\n").length, 1);
  const verified = await answerTo(["replay", dir, "--verify"]);
  assert.match(verified.out, /verified 1 of 1 runs/);
});

const isRoot = process.getuid?.() === 0;
const mounted = (dir: string, options: string): boolean =>
  isRoot &&
  spawnSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dir], { stdio: "ignore" }).status === 0;

/** Makes a directory read-only, by its rights or, since these do not bind root, as a disk of its own; undefined where neither can be. */
const readOnly = (dir: string): (() => void) | undefined => {
  if (!isRoot) {
    chmodSync(dir, 0o555);
    return () => chmodSync(dir, 0o755);
  }
  return mounted(dir, "ro,size=64k") ? () => void spawnSync("umount", [dir]) : undefined;
};

const closed = scratch();
const open = readOnly(closed);
if (open)
  test("a directory that is read-only is named in one sentence", async () => {
    try {
      const store = directoryStore(closed);
      const refused = /cannot be written \((the file system is read-only|permission denied)\), expected /;
      assert.match(await failureOf(store.begin(run)), refused);
      assert.match(await failureOf(store.documents.write("jobs", "a", "{}")), refused);
      assert.match(await failureOf(store.documents.writeNew("jobs", "a", "{}")), refused);
      assert.equal([...(await store.committed())], []);
      assert.is(await store.documents.read("jobs", "a"), undefined);
    } finally {
      open();
    }
  });
else test.skip("a read-only disk needs the right to mount one", () => {});

const tight = scratch();
if (mounted(tight, "size=1500k"))
  test("a disk that is full leaves the older attempt what it is", async () => {
    try {
      const store = directoryStore(tight);
      const first = await begun(store);
      await trainFor(3, first);
      const ballast = join(tight, "ballast");
      writeFileSync(ballast, new Uint8Array(600_000));
      assert.match(
        await failureOf(store.begin(run)),
        /cannot be written \(no space left on the disk\), expected a writable disk with space/,
      );
      assert.equal(readdirSync(tight).sort(), [`.attempt-${run.runId}-1`, "ballast"]);
      assert.match(
        await failureOf(store.documents.write("jobs", "a", "x".repeat(800_000))),
        /no space left on the disk/,
      );
      assert.equal(await store.documents.list("jobs"), []);
      rmSync(ballast);
      const second = await begun(store);
      assert.is(lookAtRun(second.dir).step, 3);
      doneIn(await eventsOf(small, { out: second.dir, resume: true }));
      assert.is(await second.commit(), "committed");
      await isUndisturbed(store);
    } finally {
      spawnSync("umount", [tight]);
    }
  });
else test.skip("a full disk needs the right to mount a small one", () => {});

test.run();
