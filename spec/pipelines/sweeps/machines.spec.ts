/** @file Machines that cannot train a run as it was planned: each gives it back, and the study names it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { directoryDocuments } from "../../../pipelines/stores/directoryDocuments.ts";
import { readJob, writeJob } from "../../../pipelines/sweeps/jobDocument.ts";
import { scratch } from "../files/scratch.ts";
import { writeIdx } from "../identity/smallIdx.ts";
import { dismissed, endAll, planned, quick, type Running, weightsIn, worker } from "./processes.ts";
import { hasRedis, type RedisServer, redisServer } from "./redisServer.ts";

const suiteOf = suite("machines that cannot");
const test = hasRedis ? suiteOf : suiteOf.skip;
let server: RedisServer;
suiteOf.before(async () => {
  if (hasRedis) server = await redisServer();
});
suiteOf.after(async () => {
  endAll();
  await server?.close();
});

const args = ["--grid", "bits=8/8/8", "--seeds", "1", ...quick()];

/** A worker gives a run of a study back with a sentence, which the study tells with the machine's name. */
const refuses = async (working: Running, following: Running, sentence: RegExp): Promise<void> => {
  assert.match((await working.hears("refused")).why as string, sentence);
  const { refuses } = await following.hears("machine", ({ machine }) =>
    String(machine).endsWith(`-${working.child.pid}`),
  );
  assert.match(refuses as string, sentence);
  await dismissed(working);
};

/** A worker trains the study to its end. */
const ends = async (working: Running, following: Running, out: string): Promise<void> => {
  assert.equal(await following.ended, { code: 0, err: "" });
  assert.is(Object.keys(weightsIn(out)).length, 1);
  await dismissed(working);
};

test("another version, a store that is not there, and that of another study", async () => {
  const [out, other] = [join(scratch(), "study"), scratch()];
  const following = planned(server.url, out, args);
  await following.hears("study");
  const nowhere = worker(server.url, ["--store", join(other, "nowhere")]);
  await refuses(
    nowhere,
    following,
    /^work: no such study in .*nowhere, expected the store of the study; name it: --store DIR\.$/,
  );
  assert.equal(readdirSync(other), []);
  mkdirSync(join(other, ".sweep", "study"), { recursive: true });
  writeFileSync(join(other, ".sweep", "study", "id"), "0123456789abcdef");
  await refuses(worker(server.url, ["--store", other]), following, /no such study in /);

  const documents = directoryDocuments(out);
  const [id = ""] = await documents.list("jobs");
  const job = await readJob(documents, id);
  assert.ok(job);
  await writeJob(documents, { ...job, version: "99.0.0" });
  await refuses(
    worker(server.url),
    following,
    /^work: rangeflow \S+ \(numerics \d+\), expected 99\.0\.0 \(numerics \d+\), which planned the study; npm install rangeflow@99\.0\.0\.$/,
  );
  await writeJob(documents, job);
  // The same directory by another name.
  symlinkSync(out, join(other, "mounted"));
  await ends(worker(server.url, ["--store", join(other, "mounted")]), following, out);
});

test("data that a machine does not have, or has elsewhere, or as an empty directory", async () => {
  const home = scratch();
  const [out, data, moved, empty] = ["study", "data", "moved", "empty"].map((name) => join(home, name)) as [
    string,
    string,
    string,
    string,
  ];
  writeIdx(data, 64);
  mkdirSync(empty);
  const following = planned(server.url, out, [...args, "--data", "mnist", "--data-dir", data]);
  await following.hears("study");
  renameSync(data, moved);
  await refuses(
    worker(server.url),
    following,
    /^work: no directory \S+data, expected the files of mnist; give their path on this machine with --data-dir DIR\.$/,
  );
  await refuses(
    worker(server.url, ["--data-dir", empty]),
    following,
    /no file train-images-idx3-ubyte, expected the files of/,
  );
  await refuses(
    worker(server.url, ["--data-dir", writeIdx(join(home, "turned"), 64, 1)]),
    following,
    /data or files of [0-9a-f]+, expected /,
  );
  assert.equal(await directoryDocuments(out).list("failed"), []);
  await ends(worker(server.url, ["--data-dir", moved]), following, out);
});

const [disk, readOnly] = [join(scratch(), "disk"), join(scratch(), "readOnly")];
mkdirSync(disk);
mkdirSync(readOnly);
const isMounted =
  spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], { stdio: "ignore" }).status === 0;
const unmount = (): unknown => spawnSync("umount", ["-l", readOnly, disk]);

(hasRedis && isMounted ? suiteOf : suiteOf.skip)(
  "a store that takes nothing more: nothing has failed, and it goes on when it does",
  async () => {
    try {
      const out = join(disk, "study");
      const following = planned(server.url, out, args);
      await following.hears("study");
      assert.is(spawnSync("mount", ["--bind", out, readOnly]).status, 0);
      assert.is(spawnSync("mount", ["-o", "remount,ro,bind", readOnly]).status, 0);
      const ballast = join(disk, "ballast");
      const fill = (bytes: number): void => writeFileSync(ballast, new Uint8Array(bytes));
      fill(1_600_000);
      const working = worker(server.url);
      // The process of the run finds that out, not the worker.
      await working.hears("begun");
      assert.match(
        (await working.hears("refused")).why as string,
        /cannot be written \(no space left on the disk\)/,
      );
      await following.hears("machine", ({ refuses }) => /no space left/.test(refuses as string));
      assert.equal(await directoryDocuments(out).list("failed"), []);
      await dismissed(working);
      const reading = worker(server.url, ["--store", readOnly]);
      await refuses(reading, following, /cannot be written \(the file system is read-only\)/);
      assert.equal(await directoryDocuments(out).list("failed"), []);
      rmSync(ballast);
      await ends(worker(server.url), following, out);
    } finally {
      endAll();
      unmount();
    }
  },
);

suiteOf.run();
