/**
 * @file A study through a queue while everything around it dies: workers and their children are killed at random moments, Redis is started
 * again with and without its data. Not part of `npm test`, but for a short one; half an hour for 2,000 runs.
 *
 *     npm run build && node spec/soak/sweep.mjs [--runs N] [--workers N] [--kills N] [--restarts N] [--seed N] [--port N] [--minutes N]
 *
 * At the end each run has to be there, to have been committed once, and to be told in `runs.csv` as an undisturbed local `compare` tells
 * it, but for the columns of times. Needs `redis-server`. Prints what happened as lines of JSON, the last of which says how it came out; exit
 * code 1 where anything was lost or done twice.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { randomOf } from "./commandValues.mjs";

const command = fileURLToPath(new URL("../../dist/pipelines/cli/main.js", import.meta.url));

const { values } = parseArgs({
  options: Object.fromEntries(
    ["runs", "workers", "kills", "restarts", "seed", "port", "minutes"].map((name) => [
      name,
      { type: "string" },
    ]),
  ),
});
const number = (name, standard) => Number(values[name] ?? standard);
const [runs, workers, kills, restarts] = [
  number("runs", 2000),
  number("workers", 4),
  number("kills", 200),
  number("restarts", 10),
];
const [seed, port, minutes] = [number("seed", 1), number("port", 6390), number("minutes", 60)];
const { upTo } = randomOf(seed);
const random = () => upTo(9999) / 10_000;
const say = (event, rest) => console.log(JSON.stringify({ event, ...rest }));

/** Cells that differ in what is quick: eight of them, each with as many seeds as it takes. */
const cells = [
  "bits=8/8/8,4/4/4",
  "gradient-range=currentMinMax,inHindsight",
  "activation-range=currentMinMax,inHindsight",
];
const seeds = Math.ceil(runs / 8);
const studyArgs = [
  ...["compare", ...cells.flatMap((cell) => ["--grid", cell]), "--seeds", String(seeds)],
  ...[
    "--limit",
    "64",
    "--test-limit",
    "16",
    "--batch",
    "16",
    "--epochs",
    "1",
    "--engine",
    "simd",
    "--threads",
    "1",
  ],
];

const scratch = mkdtempSync(join(tmpdir(), "rangeflow-sweep-"));
const [queued, local] = [join(scratch, "queued"), join(scratch, "local")];
const url = `redis://127.0.0.1:${port}`;
const started = performance.now();
const seconds = () => Math.round((performance.now() - started) / 100) / 10;

const run = (args, onLine = () => {}) => {
  const child = spawn(process.execPath, [command, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  let rest = "";
  child.stdout.on("data", (text) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop();
    for (const line of lines) onLine(line);
  });
  const ended = new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal })));
  return { child, ended };
};

let redis;
const redisDir = join(scratch, "redis");
const startRedis = () => {
  mkdirSync(redisDir, { recursive: true });
  redis = spawn(
    "redis-server",
    ["--port", String(port), "--dir", redisDir, "--appendonly", "yes", "--save", ""],
    {
      stdio: "ignore",
    },
  );
};
const restartRedis = async (keepsData) => {
  const gone = new Promise((resolve) => redis.on("close", resolve));
  redis.kill("SIGKILL");
  await gone;
  if (!keepsData) rmSync(redisDir, { recursive: true, force: true });
  await sleep(500 + 1500 * random());
  startRedis();
};

/** Runs that workers say they have committed, by how often. */
const commits = new Map();
const counts = { begun: 0, done: 0, lost: 0, crashed: 0, failed: 0, stopped: 0, refused: 0 };
let isOver = false;
const crew = new Set();
const hire = () => {
  const worker = run(["work", "--queue", url, "--jobs", "1", "--lock", "3", "--json"], (line) => {
    const event = JSON.parse(line);
    if (event.event === "begun") counts.begun++;
    if (event.event === "ended") counts[event.end]++;
    if (event.committed) commits.set(event.run, (commits.get(event.run) ?? 0) + 1);
  });
  crew.add(worker);
  worker.ended.then(() => {
    crew.delete(worker);
    if (!isOver) hire();
  });
};

const childrenOf = (pid) => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Kills a worker or a process that trains for one; whether there was any. */
const killOne = () => {
  const parents = [...crew].map(({ child }) => child.pid);
  const pids = random() < 0.5 ? parents : parents.flatMap(childrenOf);
  const pid = pids[Math.floor(random() * pids.length)];
  if (pid === undefined) return false;
  try {
    process.kill(pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
};

/** Directories of committed runs, by their inode: a run that was committed again has another one. */
const inodes = new Map();
let replaced = 0;
const lookAtRuns = () => {
  if (!existsSync(queued)) return 0;
  let count = 0;
  for (const name of readdirSync(queued)) {
    if (name.startsWith(".") || !existsSync(join(queued, name, "done.json"))) continue;
    count++;
    const { ino } = statSync(join(queued, name));
    if (inodes.has(name) && inodes.get(name) !== ino) replaced++;
    inodes.set(name, ino);
  }
  return count;
};

/** `runs.csv` without the columns of times. */
const timeless = (dir) => {
  const rows = readFileSync(join(dir, "runs.csv"), "utf8").trimEnd().split("\n");
  const cells = rows.map((row) => row.match(/("[^"]*"|[^,]*)(,|$)/g));
  const times = ["seconds,", "imagesPerSecond,"].map((name) => cells[0].indexOf(name));
  return cells.map((row) => row.filter((_, i) => !times.includes(i)).join("")).join("\n");
};

startRedis();
await sleep(500);
for (let i = 0; i < workers; i++) hire();
let followed = { code: null };
const follower = run([...studyArgs, "--queue", url, "--out", queued, "--json"]);
follower.ended.then((end) => {
  followed = end;
  isOver = true;
});

// Kills and restarts are spread over the runs, so that they meet the study at every stage.
const killsAt = Array.from({ length: kills }, () => 0.02 + 0.93 * random()).sort((a, b) => a - b);
const restartsAt = Array.from({ length: restarts }, (_, i) => ((i + 0.5) / restarts) * 0.95);
let [killed, restarted] = [0, 0];
const total = 8 * seeds;
while (!isOver && seconds() < minutes * 60) {
  const share = lookAtRuns() / total;
  while (killed < kills && (killsAt[killed] ?? 1) <= share && killOne()) killed++;
  if (restarted < restarts && (restartsAt[restarted] ?? 1) <= share)
    await restartRedis(restarted++ % 2 === 0);
  await sleep(100);
}
const there = lookAtRuns();
const queuedSeconds = seconds();
isOver = true;
for (const { child } of crew) child.kill("SIGTERM");
await Promise.race([Promise.all([...crew].map(({ ended }) => ended)), sleep(20_000)]);
for (const { child } of crew) child.kill("SIGKILL");
follower.child.kill("SIGKILL");
redis.kill("SIGKILL");
say("queued", {
  runs: there,
  of: total,
  killed,
  restarted,
  seconds: queuedSeconds,
  ...counts,
  code: followed.code,
});

spawnSync(process.execPath, [command, ...studyArgs, "--out", local, "--json"], {
  stdio: ["ignore", "ignore", "inherit"],
});
const twice = [...commits].filter(([, times]) => times > 1);
for (const [run, times] of twice) say("twice", { run, times });
const left = readdirSync(queued).filter((name) => name.startsWith(".attempt"));
const isSame = timeless(queued) === timeless(local);
const result = {
  ...{
    lost: total - there,
    committedTwice: twice.length + replaced,
    csvEqual: isSame,
    attemptsLeft: left.length,
  },
  ...{ localSeconds: Math.round((seconds() - queuedSeconds) * 10) / 10, dir: scratch },
};
say("result", result);
const isRight =
  result.lost === 0 && result.committedTwice === 0 && isSame && killed === kills && restarted === restarts;
if (isRight) rmSync(scratch, { recursive: true, force: true });
process.exitCode = isRight ? 0 : 1;
