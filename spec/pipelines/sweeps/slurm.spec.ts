/** @file A study as a job array of Slurm: its script runs in processes here, one for each task, as the nodes of a cluster would. */
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { dense } from "../../../operators/layers/dense.ts";
import { crossEntropy } from "../../../operators/losses/crossEntropy.ts";
import { fromArrays } from "../../../pipelines/data/fromArrays.ts";
import { experiment } from "../../../pipelines/experiments/experiment.ts";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { openStore } from "../../../pipelines/stores/openStore.ts";
import { compare } from "../../../pipelines/studies/compare.ts";
import type { Cell } from "../../../pipelines/studies/grid.ts";
import type { Experiments } from "../../../pipelines/studies/rivals.ts";
import { emitSlurm } from "../../../pipelines/sweeps/emitSlurm.ts";
import { type JobDocument, readJob, writeJob } from "../../../pipelines/sweeps/jobDocument.ts";
import { cancel } from "../../../pipelines/sweeps/study.ts";
import { tasksIn } from "../../../pipelines/sweeps/taskList.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo } from "../runs.ts";

const test = suite("a study as a job array of Slurm");
const home = scratch();

const tiny: Partial<Settings> = {
  ...{ engine: "simd", threads: 1 },
  ...{ limit: 64, testLimit: 16, batch: 16, epochs: 1 },
};
const tinyArgs = [
  ...[
    "compare",
    "--engine",
    "simd",
    "--threads",
    "1",
    "--limit",
    "64",
    "--test-limit",
    "16",
    "--batch",
    "16",
  ],
  ...["--epochs", "1", "--seeds", "2"],
];
const bits = [{ bits: "8/8/8" }, { bits: "4/4/4" }];

const planned = (out: string, { cells = bits as readonly Cell[], seeds = [1, 2], of = tiny } = {}) =>
  emitSlurm({ tiny: builtIn(of) }, { cells, seeds, out });

/** Hashes of the weights of all runs of a study that have ended. */
const weightsIn = (study: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    readdirSync(study).flatMap((name) => {
      const record = doneRecordIn(join(study, name));
      return record === undefined ? [] : [[name, record.done.weightsSha256]];
    }),
  );

/** Weights of the same study, trained by `compare` on this machine. */
const localWeights = async (
  out: string,
  experiments: Experiments = { tiny: builtIn(tiny) },
  cells: readonly Cell[] = bits,
  seeds: readonly number[] = [1, 2],
) => {
  await lastValueFrom(compare(experiments, { cells, seeds, out, jobs: 1 }));
  return weightsIn(out);
};
const expected = await localWeights(join(home, "local"));

/** A `scontrol` that writes down what it is asked for. */
const bin = scratch();
const asked = join(bin, "asked");
writeFileSync(join(bin, "scontrol"), `#!/bin/bash\necho "$@" >> ${asked}\n`);
chmodSync(join(bin, "scontrol"), 0o755);

const taskEnv = (task: number) => ({
  ...process.env,
  ...{
    PATH: `${bin}:${process.env.PATH}`,
    SLURM_ARRAY_TASK_ID: String(task),
    SLURM_JOB_ID: String(700 + task),
  },
  SLURM_CPUS_PER_TASK: "1",
});

const taskOf = (script: string, task: number, args: readonly string[] = []) =>
  spawnSync("bash", [script, ...args], { env: taskEnv(task), cwd: bin, encoding: "utf8" });

test("each task trains one run to the bits of a local compare, in a directory with any name", async () => {
  const study = join(home, "it's a $tudy");
  const { script = "", ...event } = await planned(study);
  assert.equal(event, { event: "emitted", out: study, cells: 2, runs: 4, finished: 0, tasks: "0-3" });
  assert.is(spawnSync("bash", ["-n", script]).status, 0);
  const names = Object.keys(expected).sort();
  for (const [task, name] of names.entries()) {
    const { stdout, status, stderr } = taskOf(script, task);
    assert.equal([stdout, status], [`${name}: started\n${name}: done\n`, 0], stderr);
    assert.is(Object.keys(weightsIn(study)).length, task + 1);
  }
  assert.equal(weightsIn(study), expected);
  assert.equal(
    readdirSync(study).filter((name) => name.startsWith(".")),
    [".sweep"],
  );

  const again = taskOf(script, 0, ["2"]);
  assert.equal([again.stdout, again.status], [`${names[2]}: done\n`, 0]);
  assert.is((await answerTo(["sweep", "status", "--out", study])).out, "4 runs: 4 done, 0 failed, 0 left\n");
  const table = await answerTo([...tinyArgs, "--grid", "bits=8/8/8,4/4/4", "--out", study]);
  assert.match(table.out, /^4 runs \(cells: 2, seeds: 2\) in .*, all finished before\n/);
  assert.is(readFileSync(join(study, "runs.csv"), "utf8").trim().split("\n").length, 5);
});

test("a task that is out of time stops at its next batch, asks to be queued again, and goes on to the same bits", async () => {
  const study = join(home, "requeued");
  const long = { ...tiny, epochs: 200 };
  const { script = "" } = await planned(study, { cells: [{}], seeds: [1], of: long });
  const stoppedBy = async (signal: "INT" | "TERM"): Promise<number> => {
    const task = spawn("bash", [script], {
      ...{ env: taskEnv(0), detached: true, stdio: ["ignore", "pipe", "inherit"] },
    });
    let said = "";
    task.stdout.on("data", (text) => {
      said += text;
    });
    const code = new Promise<number>((resolve) => task.on("close", resolve));
    await new Promise((resolve) => task.stdout.once("data", resolve));
    const isTraining = (): boolean =>
      readdirSync(study).some(
        (name) => name.startsWith(".attempt") && existsSync(join(study, name, "checkpoint.safetensors")),
      );
    while (!isTraining()) await new Promise((resolve) => setTimeout(resolve, 20));
    // Slurm tells the script alone that time is nearly up, and all processes of a task that it ends.
    const pid = task.pid ?? Number.NaN;
    process.kill(signal === "INT" ? pid : -pid, `SIG${signal}`);
    const ended = await code;
    assert.match(said, /: stopped\n$/);
    return ended;
  };
  assert.is(await stoppedBy("TERM"), 130);
  assert.not.ok(existsSync(asked), "a task that was cancelled must not come back");
  assert.is(await stoppedBy("INT"), 130);
  assert.is(readFileSync(asked, "utf8"), "requeue 700\n");
  const attempts = () => readdirSync(study).filter((name) => name.startsWith(".attempt"));
  assert.match(attempts().join(), /^\.attempt-[^,]*-2$/);

  assert.is(taskOf(script, 0).status, 0);
  assert.equal(attempts(), []);
  const undisturbed = await localWeights(join(home, "long"), { tiny: builtIn(long) }, [{}], [1]);
  assert.equal(weightsIn(study), undisturbed);
});

test("a run keeps the number of its task, and a person the lines above the mark, when more are planned", async () => {
  const study = join(home, "grown");
  const { script = "" } = await planned(study, { cells: [{ bits: "8/8/8" }] });
  const list = () => JSON.parse(readFileSync(join(study, ".sweep/study/tasks"), "utf8")).jobs as string[];
  const before = list();
  const edited = readFileSync(script, "utf8").replace("--time=04:00:00", "--time=30\nexit 7");
  writeFileSync(script, edited);
  assert.is(taskOf(script, 1).status, 7);
  const both = await planned(study, { cells: [{ bits: "4/4/4" }, { bits: "8/8/8" }] });
  assert.is(both.tasks, "0-3");
  const { tasks } = await planned(study, { cells: [{ bits: "8/8/8" }, { bits: "4/4/4" }], seeds: [2] });
  assert.is(tasks, "1,3");
  assert.equal(list().slice(0, 2), before);
  assert.is(list().length, 4);
  assert.is(readFileSync(script, "utf8"), edited.replace("--array=0-1", "--array=1,3"));
});

test("threads of a script that a person keeps are told where others would be planned", async () => {
  const study = join(home, "threads");
  const first = await planned(study, { cells: [{ bits: "8/8/8" }], seeds: [1] });
  assert.is(first.cpus, undefined);
  const more = await planned(study, { cells: [{ bits: "8/8/8" }], seeds: [1], of: { ...tiny, threads: 4 } });
  assert.equal(more.cpus, { planned: 4, kept: 1 });
  const text = readFileSync(more.script!, "utf8");
  writeFileSync(more.script!, text.replace(/^#SBATCH --cpus-per-task=1\n/m, ""));
  const none = await planned(study, { cells: [{ bits: "8/8/8" }], seeds: [1], of: { ...tiny, threads: 4 } });
  assert.equal(none.cpus, { planned: 4, kept: null });
});

test("a run that fails is said to have failed, with exit code 2, and the next try may end well", async () => {
  const study = join(home, "failing");
  const { script = "" } = await planned(study, { cells: [{ lr: 1e30 }], seeds: [1] });
  const { stdout, status } = taskOf(script, 0);
  assert.is(status, 2);
  assert.match(stdout, /: failed, loss, step \d: the loss is /);
  assert.match(
    (await answerTo(["sweep", "status", "--out", study])).out,
    /^1 run: 0 done, 1 failed, 0 left\nfailed: \S+lr=\S+seed=1: loss, step \d: /,
  );
  const report = await answerTo(["report", study, "--out", join(home, "report.html")]);
  assert.is(report.code, 2);
  assert.match(
    report.err,
    /failing: a study none of whose runs .+, 1 planned; 1 failed, such as .+: loss, step \d: /,
  );
  assert.match((await answerTo(["list", study])).out, /^study .+: no runs yet, 1 planned\n$/);
  await planned(study, { cells: [{ lr: 1e30 }], seeds: [1] });
  assert.is((await answerTo(["sweep", "status", "--out", study])).out, "1 run: 0 done, 0 failed, 1 left\n");
});

test("a study that is cancelled has no tasks to do, until it is planned again", async () => {
  const study = join(home, "cancelled");
  await planned(study, { cells: [{}], seeds: [1] });
  await cancel(await openStore(study));
  const task = ["work", "--store", study, "--task", "0"];
  const { err, code } = await answerTo(task);
  assert.is(code, 2);
  assert.match(err, /^work --task: a study that was cancelled, in .*, expected one that continues; /);
  await planned(study, { cells: [{}], seeds: [1] });
  assert.is((await answerTo(task)).code, 0);
});

test("code of a user's own travels in the study, and is executed where its user has planned it or trusts it", async () => {
  const [there, study] = [scratch(), join(home, "own")];
  writeFileSync(join(there, "parts.ts"), "export const units = 8;\n");
  writeFileSync(
    join(there, "mine.ts"),
    `import { crossEntropy, dense, experiment, fromArrays, quantized, sequential } from "rangeflow";
import { units } from "./parts.ts";
const x = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
const y = Uint8Array.from({ length: 32 }, (_, i) => i % 2);
export default experiment({
  network: sequential(quantized(dense)("hidden", { units }), quantized(dense)("output", { units: 2 })),
  data: () => fromArrays(x, y, [1, 1, 2], { test: 0.25 }),
  loss: crossEntropy(), epochs: 1, batch: 4,
});
`,
  );
  const cwd = process.cwd();
  process.chdir(there);
  const mine = { mine: experimentFile("./mine.ts") };
  const how = { cells: [{}], seeds: [1], threads: 1, engine: "simd" } as const;
  const { script = "" } = await emitSlurm(mine, { ...how, out: study });
  await lastValueFrom(compare(mine, { ...how, out: join(home, "ownLocal"), jobs: 1 }));
  process.chdir(cwd);
  rmSync(join(there, "parts.ts"));
  const { err, code } = await answerTo(["work", "--store", study, "--task", "0"]);
  assert.is(code, 2);
  assert.match(
    err,
    /^work: a job with code of a user's own \(.*mine\.ts.*\), expected jobs of built-in experiments; /,
  );
  const { status, stderr } = taskOf(script, 0);
  assert.is(status, 0, stderr);
  assert.equal(weightsIn(study), weightsIn(join(home, "ownLocal")));
});

test("what cannot be done is said in a sentence", async () => {
  const study = join(home, "asked");
  await planned(study, { cells: [{}], seeds: [1] });
  const sentence = async (args: readonly string[], line: RegExp) => {
    const { err, out, code } = await answerTo(args);
    assert.equal([out, code], ["", 2]);
    assert.match(err, line);
    assert.is(err.trim().split("\n").length, 1);
  };
  const task = (...args: string[]) => ["work", "--task", ...args];
  await sentence(task("0"), /^work --task: no --store, expected the store of the study: --store PLACE\.$/m);
  await sentence(task("1", "--store", study), /^work --task: task 1, expected one of .*: 0 to 0\.$/m);
  await sentence(task("x", "--store", study), /^--task: "x", expected the number of a task, /);
  await sentence(task("0", "--store", join(home, "local")), /^work --task: no tasks in .*local, expected /);
  await sentence(task("0", "--store", join(home, "absent")), /^work --task: no tasks in .*absent, expected /);
  await sentence(
    task("0", "--store", study, "--queue", "redis://localhost"),
    /^work --task: used with --queue, expected only one of the two; /,
  );
  await sentence(task("0", "--store", study, "--threads", "none"), /^--threads: "none", expected auto, or /);
  const emit = (...args: string[]) => [...tinyArgs, "--out", study, "--emit", ...args];
  await sentence(emit("slrm"), /^--emit: "slrm", expected slurm/);
  await sentence(emit("slurm", "--queue", "redis://localhost"), /^--emit: used with --queue, expected /);
  await sentence(emit("slurm", "--only-finished"), /^--emit: used with --only-finished, expected /);
  const inCode = experiment({
    ...{ network: dense("output", { units: 2 }), loss: crossEntropy(), epochs: 1, batch: 2 },
    data: () => fromArrays(new Float32Array(8), new Uint8Array(4), [1, 1, 2], { test: 0.5 }),
  });
  await emitSlurm({ inCode }, { seeds: [1], out: join(home, "inCode") }).then(
    () => assert.unreachable(),
    ({ message }) => assert.match(message, /^--emit: an experiment that was made in code, expected /),
  );
  writeFileSync(join(study, "sweep.sbatch"), "mine\n");
  await sentence(emit("slurm"), /sweep\.sbatch: a file that rangeflow did not write, expected /);

  const { documents } = await openStore(study);
  const [id = ""] = await tasksIn(documents);
  const job = (await readJob(documents, id)) as JobDocument;
  await writeJob(documents, { ...job, version: "0.0.1" });
  await sentence(
    task("0", "--store", study),
    /^work: rangeflow .*, expected 0\.0\.1 \(numerics \d\), which planned /,
  );
});

test.run();
