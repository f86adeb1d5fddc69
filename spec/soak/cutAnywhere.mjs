/**
 * @file Runs that are cut anywhere and resumed end as one that was not: weights, recording, epochs and done.json, times aside. Not part
 * of `npm test`; a second or two a stop.
 *
 *     npm run build && node spec/soak/cutAnywhere.mjs [stops = 200] [seed = 1] [setting]..
 *
 * Five settings share the stops. Each trains once without a break; then again and again with stops at random moments: an interrupt,
 * SIGKILL, or `stopped` in code, each also while a run that was stopped is being resumed. Prints what differs; exit code 1 if
 * anything does.
 */
import { fork } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { asyncScheduler, map, observeOn, scan, startWith } from "rxjs";
import { lenet5 } from "../../dist/models/index.js";
import { crossEntropy } from "../../dist/operators/index.js";
import { encodeJson } from "../../dist/pipelines/files/json.js";
import { builtIn, experiment, glyphs, train } from "../../dist/pipelines/index.js";
import { doneRecordIn } from "../../dist/pipelines/runs/doneRecord.js";
import { canResume } from "../../dist/pipelines/runs/runDirectory.js";
import { recordingOf } from "../../dist/pipelines/runs/runRecording.js";
import { inHindsight } from "../../dist/quantizers/index.js";

/** One thread, since how many help is measured and said in done.json; a checkpoint every 50 ms, so that kills find some. */
const small = {
  ...{ engine: "simd", threads: 1, checkpointSeconds: 0.05 },
  ...{ limit: 320, testLimit: 80, batch: 16, epochs: 2 },
};

/** The widest range so far, one tensor late: state that nobody but the estimator knows of. */
const widest = (observed$) =>
  observed$.pipe(
    scan(({ lo, hi }, { min, max }) => ({ lo: Math.min(lo, min), hi: Math.max(hi, max) }), { lo: 0, hi: 0 }),
    map(({ lo, hi }) => ({ lo, hi })),
    startWith({ lo: -1, hi: 1 }),
  );

/** LeNet-5 on as many glyphs as the settings of `small` say, with an estimator of one's own. */
const withRange = (role, range, settings = small) =>
  experiment({
    network: lenet5({ classes: 10 }),
    data: glyphs({ train: settings.limit, test: settings.testLimit }),
    loss: crossEntropy(),
    quantization: [{ [role]: { range } }],
    batch: settings.batch,
    epochs: settings.epochs,
  });

const later = (observed$) => inHindsight()(observed$).pipe(observeOn(asyncScheduler));

const runs = {
  late: {
    experiment: withRange("activation", { name: "later", estimator: later }, { ...small, limit: 160 }),
  },
  niti: { settings: { ...small, recipe: "niti", sqnrEvery: 1 } },
  faults: {
    settings: { ...small, accumulator: "8:wrap:all", rangeAt: ["*/gradient=fixed:lo=-60,hi=60"] },
  },
  edsr: { settings: { ...small, limit: 64, testLimit: 32, model: "edsr", data: "glyphsX2", width: 0.25 } },
  centerDetector: {
    settings: { ...small, limit: 64, testLimit: 32, model: "centerDetector", data: "scenes", width: 0.25 },
  },
  inCode: { experiment: withRange("gradient", { name: "widest", estimator: widest }) },
};

/** In a process of its own: trains, or goes on, and tells its parent of every event. */
const child = ({ name, dir, batches }) => {
  const { settings, experiment } = runs[name];
  const resume = canResume(dir);
  let done = 0;
  let isStopped = false;
  process.on("SIGINT", () => {
    isStopped = true;
  });
  const { engine, threads, checkpointSeconds } = small;
  train(experiment ?? builtIn(resume ? {} : settings), {
    ...(experiment && { engine, threads, checkpointSeconds }),
    out: dir,
    resume,
    stopped: () => isStopped || done >= batches,
    tap: ({ _tag }) => {
      if (_tag === "Activation") done++;
    },
  }).subscribe({
    next: (event) => {
      if (event.event !== "step") process.send(encodeJson(event));
    },
    error: (error) => process.send(encodeJson({ event: "error", message: error.stack })),
    complete: () => process.disconnect(),
  });
};

/** Numbers in [0, 1) from a seed: mulberry32. */
const randomOf = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** Trains in a new process until it ends, by itself or by `cut`: a signal after so many milliseconds, or batches. */
const trained = (name, dir, cut = {}) =>
  new Promise((resolve) => {
    const worker = fork(fileURLToPath(import.meta.url), [], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const events = [];
    let timer;
    worker.send({ name, dir, batches: cut.batches ?? 2 ** 31 });
    worker.on("message", (text) => {
      const event = JSON.parse(text);
      events.push(event);
      if (event.event === "start" && cut.signal)
        timer = setTimeout(() => worker.kill(cut.signal), cut.milliseconds);
    });
    worker.on("close", (code, signal) => {
      clearTimeout(timer);
      const last = events.at(-1)?.event;
      const isExpected = last === "done" || last === "stopped" || signal === cut.signal;
      resolve({
        events,
        error: isExpected ? undefined : encodeJson({ code, signal, cut, last: events.at(-1) }),
      });
    });
  });

const untimed = ({ seconds: _, imagesPerSecond: __, out: ___, ...rest }) => rest;

/** All that two runs must have in common, as text by name; what was told of an epoch is there if a kill did not come before it was heard. */
const outcomeOf = (dir, events) => {
  const { provenance: _, done, ...record } = doneRecordIn(dir);
  const epochs = events.filter(({ event }) => event === "epoch");
  return {
    ...Object.fromEntries(epochs.map((e) => [`epoch ${e.epoch}`, encodeJson(untimed(e))])),
    "done.json": encodeJson({ ...record, done: untimed(done) }),
    recording: [...recordingOf(dir).rows()].map((row) => encodeJson(row)),
  };
};

const firstDifference = (a, b) => {
  const at = [...a].findIndex((character, i) => character !== b[i]);
  return `${a.slice(Math.max(0, at - 60), at + 60)} INSTEAD OF ${b.slice(Math.max(0, at - 60), at + 60)}`;
};

const differencesOf = (actual, expected) =>
  Object.keys(actual).flatMap((part) => {
    const [a, b] = [actual[part], expected[part]];
    if (part !== "recording") return a === b ? [] : [`${part}: ${firstDifference(a, b)}`];
    if (a.length !== b.length) return [`recording: ${a.length} rows instead of ${b.length}`];
    const at = a.findIndex((row, i) => row !== b[i]);
    return at < 0 ? [] : [`recording, row ${at}: ${firstDifference(a[at], b[at])}`];
  });

const soak = async (stops, seed, names) => {
  const home = mkdtempSync(join(tmpdir(), "rangeflow-cut-"));
  const random = randomOf(seed);
  const wrong = [];
  const counts = { interrupt: 0, kill: 0, code: 0 };
  const began = performance.now();
  try {
    for (const [n, name] of names.entries()) {
      const whole = join(home, `${name}-whole`);
      const since = performance.now();
      const { events, error } = await trained(name, whole);
      if (error) throw new Error(`${name}: ${error}`);
      const milliseconds = performance.now() - since;
      const batches = events[0].stepsPerEpoch * 2;
      const expected = outcomeOf(whole, events);
      const wanted = Math.floor((stops * (n + 1)) / names.length) - Math.floor((stops * n) / names.length);
      let stopped = 0;
      let resumedRuns = 0;
      while (stopped < wanted) {
        const dir = join(home, `${name}-${resumedRuns++}`);
        const heard = [];
        for (let isOver = false; !isOver; ) {
          const kind = ["interrupt", "kill", "code"][Math.floor(3 * random())];
          const how = {
            interrupt: { signal: "SIGINT", milliseconds: random() * milliseconds * 0.5 },
            kill: { signal: "SIGKILL", milliseconds: random() * milliseconds * 0.5 },
            code: { batches: Math.floor(random() * batches) },
          };
          const cut = stopped < wanted ? how[kind] : {};
          const { events, error } = await trained(name, dir, cut);
          heard.push(...events);
          if (error) wrong.push(`${name} in run ${resumedRuns}: ${error}`);
          isOver = error !== undefined || events.at(-1)?.event === "done";
          if (isOver) continue;
          stopped++;
          counts[kind]++;
        }
        if (existsSync(join(dir, "done.json")))
          wrong.push(
            ...differencesOf(outcomeOf(dir, heard), expected).map(
              (text) => `${name}, run ${resumedRuns}: ${text}`,
            ),
          );
        rmSync(dir, { recursive: true, force: true });
        if (wrong.length > 20) throw new Error(wrong.join("\n"));
      }
      const { done } = JSON.parse(expected["done.json"]);
      console.log(
        `${name}: ${stopped} stops in ${resumedRuns} runs; ${expected.recording.length} rows, ${done.faults} faults, ${done.accumulators.length} accumulators, weights ${done.weightsSha256.slice(0, 12)}; ${wrong.length} differences so far`,
      );
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  for (const text of wrong) console.log(text);
  console.log(
    `${counts.interrupt} interrupts, ${counts.kill} kills, ${counts.code} stops in code in ${((performance.now() - began) / 1000).toFixed(0)} s: ${wrong.length} differences`,
  );
  process.exitCode = wrong.length > 0 ? 1 : 0;
};

if (process.send) process.once("message", child);
else {
  const [stops = "200", seed = "1", ...names] = process.argv.slice(2);
  const known = Object.keys(runs);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown) throw new Error(`${unknown} is none of ${known.join(", ")}`);
  await soak(Number(stops), Number(seed), names.length > 0 ? names : known);
}
