/**
 * @file Runs the compiled specs: all of them, or those whose path contains an argument.
 *
 *     node --enable-source-maps spec/run.mjs [--jobs=N] [part of a path]...
 *
 * A few processes (`runFiles.mjs`), one more than there are processors and at most four, take files from one queue, the longest first; what
 * a file prints comes in one piece. A file that cannot be loaded, an error that nobody caught, a test that never ends and a process that
 * dies count as one failure each, of that file. The last line is `N passed, N failed`, then `, N skipped` where something was. The exit
 * code is 0 only if nothing failed.
 */
import { spawn } from "node:child_process";
import { existsSync, readdirSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mark } from "./mark.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

/** Ends of the paths of files that take longest, in order. One that is missing here may only end the run a little later. */
const longest = [
  "models/modelByEngine",
  "page/reportOfRun",
  "pipelines/resume",
  "pipelines/foreign",
  "page/live",
  "spec/examples",
  "pipelines/hangs",
  "studies/compare",
  "studies/experiments",
  "pipelines/constraints",
  "cli/compare",
  "engines/everyEngine",
  "page/page",
  "page/sitePart",
  "pipelines/optimizers",
  "data/tinyImageNet",
  "runs/train",
  "pipelines/engines",
  "pipelines/resumeQuantizers",
  "report/pageSize",
  "pipelines/residentKinds",
  "pipelines/owners",
  "engines/simdProducts",
  "spec/exampleFiles",
  "live/publisher",
];

/**
 * V8 collects all garbage at once when memories beyond its heap pass half of what the heap may have. Engines reserve 4 GiB each, most of which
 * they never touch, so that each of hundreds would cost two such collections.
 */
const flags = [...process.execArgv, "--max-old-space-size=32768"];

/**
 * Directory for what specs write, unless TMPDIR names one: in memory where there is plenty of it. A small run waits for a disk some thirty
 * times until what it has written is safe, which is most of the time of many a spec.
 */
const inMemory = "/dev/shm";
const plenty = 4 * 2 ** 30;
const freeIn = (dir) => {
  const { bavail, bsize } = statfsSync(dir);
  return bavail * bsize;
};
const places =
  process.env.TMPDIR === undefined && existsSync(inMemory) && freeIn(inMemory) >= plenty
    ? { TMPDIR: inMemory }
    : {};

/** Seconds after which a file counts as one that never ends: the longest takes half a minute on one processor of its own. */
const patience = 900;

const jobs = process.argv.flatMap((argument) => /^--jobs=(\d+)$/.exec(argument)?.[1] ?? []).map(Number)[0];
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--jobs="));

const placeOf = (file) => longest.findIndex((part) => file.endsWith(`${part}.spec.js`)) >>> 0;

// What was compiled from a file that is gone is no spec any more.
const specs = readdirSync("dist/spec", { recursive: true })
  .map((file) => join("dist/spec", String(file)))
  .filter((file) => file.endsWith(".spec.js") && existsSync(file.replace(/^dist.(.*)js$/, "$1ts")))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort()
  .sort((a, b) => placeOf(a) - placeOf(b));

const tally = { passed: 0, failed: 0, skipped: 0 };
const failing = new Set();

const count = (file, counted) => {
  for (const what of Object.keys(tally)) tally[what] += counted[what];
  if (counted.failed > 0) failing.add(file);
};

const failLate = (file, how) => {
  console.log(`\n  ${file}: its process has ended behind it: ${how}\n`);
  count(file, { passed: 0, failed: 1, skipped: 0 });
};

/** A process that runs one file after another; a new one takes the place of one that has died. `show` gets what a file prints. */
const openRunner = (show) => {
  let child;
  let before;
  let heard = { text: () => {}, end: () => {} };
  const start = () => {
    const program = fileURLToPath(new URL("runFiles.mjs", import.meta.url));
    const own = spawn(process.execPath, [...flags, program], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, ...places },
    });
    for (const stream of [own.stdout, own.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text) => child === own && heard.text(text));
    }
    own.stdio[3].on("error", () => {});
    own.on("close", (code, signal) => {
      if (child !== own) return;
      child = undefined;
      heard.end(signal ?? `exit code ${code}`);
    });
    return own;
  };
  const run = (file) =>
    new Promise((resolve) => {
      let [text, isLate, isAgain] = ["", false, false];
      const timer = setTimeout(() => {
        isLate = true;
        child?.kill("SIGKILL");
      }, 1000 * patience);
      const end = (counted) => {
        clearTimeout(timer);
        heard = { text: () => {}, end: (how) => failLate(file, how) };
        show.end();
        count(file, counted);
        before = file;
        resolve();
      };
      heard = {
        text: (more) => {
          text += more;
          const [printed, told = ""] = text.split(mark);
          show.text(printed);
          // What files before it have left running may print behind the counts, even a part of a line.
          if (!told.includes("\n")) return;
          const { isLast, ...counted } = JSON.parse(told.split("\n")[0]);
          end(counted);
          if (isLast) child = undefined;
        },
        end: (how) => {
          if (text === "" && !isAgain && !isLate) {
            // The file has not begun: the process has ended behind the one before.
            isAgain = true;
            if (how === "exit code 0" || before === undefined)
              console.log(
                `\n  a process has ended before it began ${file}, which another one runs: ${how}\n`,
              );
            else failLate(before, how);
            send();
            return;
          }
          const reason = isLate ? `not done after ${patience} s` : `its process has ended: ${how}`;
          show.text(`${text}\n  ${file}: ${reason}\n\n`);
          end({ passed: 0, failed: 1, skipped: 0 });
        },
      };
      const send = () => {
        child ??= start();
        child.stdio[3].write(`${file}\n`);
      };
      send();
    });
  const close = () => {
    const last = child;
    child = undefined;
    last?.stdio[3].end();
  };
  return { run, close };
};

/** Shows what is printed at once, or when a file has ended. */
const showing = (isLive) => {
  let [all, shown] = ["", 0];
  const flush = () => {
    process.stdout.write(all.slice(shown));
    shown = all.length;
  };
  return {
    text: (printed) => {
      all = printed;
      if (isLive) flush();
    },
    end: () => {
      flush();
      [all, shown] = ["", 0];
    },
  };
};

const began = performance.now();
const queue = [...specs];
// One more than processors: specs also wait, for browsers, processes and clocks.
const most = Math.max(1, Math.min(jobs ?? Math.min(availableParallelism() + 1, 4), queue.length));
const runners = Array.from({ length: most }, () => openRunner(showing(most === 1)));
await Promise.all(
  runners.map(async ({ run }) => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) await run(file);
  }),
);
for (const { close } of runners) close();

if (specs.length === 0) {
  console.log(`\n  ${wanted.join(" ")}: no such spec, or not compiled: npm run build\n`);
  tally.failed++;
}
for (const file of [...failing].sort()) console.log(`FAILED: ${file}`);
console.log(`${specs.length} files, ${((performance.now() - began) / 1000).toFixed(1)} s, ${most} at a time`);
console.log(
  `${tally.passed} passed, ${tally.failed} failed${tally.skipped > 0 ? `, ${tally.skipped} skipped` : ""}`,
);
process.exitCode = tally.failed > 0 ? 1 : 0;
