/**
 * @file Mutates the files of runs and opens what is left: every mutant has to be refused by a sentence, or to say what was there.
 *
 *     npm run build && node spec/soak/files.mjs [mutants] [seed]
 *
 * A mutant is a copy of a run, finished, resumed or stopped, in which one file has changed: bytes flipped, cut off, doubled,
 * inserted or exchanged for extreme ones; half of them get checksums that are right again. It is silent where something is read
 * that was not written although a checksum stands over it, a trace where anything but a sentence is thrown, and a hang where it
 * takes 20 seconds. Mutants with right checksums may say other things than before, as long as no seal stands over them. The exit
 * code is 0 if nothing of this happened.
 */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { lastValueFrom } from "rxjs";
import { mutate, randomOf, sha } from "./mutants.mjs";

const dist = new URL("../../dist/", import.meta.url);
const load = (path) => import(new URL(path, dist));

const hangs = 20_000;

if (isMainThread) {
  const mutants = Number(process.argv[2] ?? 5000);
  const seed = Number(process.argv[3] ?? 1);
  const home = mkdtempSync(join(tmpdir(), "rangeflow-soak-"));
  const counts = {};
  const bad = [];
  const { train } = await load("pipelines/runs/train.js");
  const { builtIn } = await load("pipelines/experiments/source.js");
  const settings = { engine: "simd", limit: 160, testLimit: 40, batch: 16, epochs: 2, histogramEvery: 5 };
  const stopsAfter = (n) => {
    let done = 0;
    return { tap: ({ _tag }) => void (_tag === "Activation" && done++), stopped: () => done >= n };
  };
  await lastValueFrom(train(builtIn(settings), { out: join(home, "finished") }));
  await lastValueFrom(train(builtIn(settings), { out: join(home, "resumed"), ...stopsAfter(7) }));
  cpSync(join(home, "resumed"), join(home, "stopped"), { recursive: true });
  await lastValueFrom(train(builtIn(), { out: join(home, "resumed"), resume: true }));

  let next = 0;
  const count = (kind, outcome) => {
    counts[kind] ??= {};
    counts[kind][outcome] = (counts[kind][outcome] ?? 0) + 1;
  };
  while (next < mutants)
    await new Promise((resolve) => {
      const worker = new Worker(new URL(import.meta.url), {
        workerData: { home, from: next, to: mutants, seed },
      });
      let kind = "";
      const overdue = () => {
        count(kind, "hang");
        bad.push(`${next}: hang (${kind})`);
        next++;
        worker.terminate().then(resolve);
      };
      let timer = setTimeout(overdue, 3 * hangs);
      worker.on("message", (told) => {
        clearTimeout(timer);
        timer = setTimeout(overdue, hangs);
        kind = told.kind;
        if (told.outcome === undefined) return;
        count(kind, told.outcome);
        if (told.outcome === "silent" || told.outcome === "trace")
          bad.push(`${next}: ${told.outcome} (${kind}) ${told.text}`);
        if (++next === mutants) worker.terminate();
      });
      worker.on("error", (error) => {
        clearTimeout(timer);
        count(kind, "trace");
        bad.push(`${next}: ${error.stack}`);
        next++;
        resolve();
      });
      worker.on("exit", () => {
        clearTimeout(timer);
        resolve();
      });
    });
  rmSync(home, { recursive: true });
  for (const line of bad.slice(0, 40)) console.log(line);
  console.table(counts);
  console.log(`${mutants} mutants, ${bad.length} bad`);
  process.exitCode = bad.length > 0 ? 1 : 0;
} else {
  const { home, from, to, seed } = workerData;
  const { RangeflowFailure } = await load("core/errors.js");
  const { loadRun } = await load("pipelines/runs/runDirectory.js");
  const { doneRecordIn } = await load("pipelines/runs/doneRecord.js");
  const { recordingOf, completeContents, savedStep } = await load("pipelines/runs/runRecording.js");
  const { lockOf } = await load("pipelines/files/lock.js");
  const { encodeJson } = await load("pipelines/files/json.js");

  const anyRun = new RegExp(`${home}/[\\w-]+`, "g");
  /** All that a run says, as text; each reader by itself, so that one that refuses does not hide another. */
  const readers = {
    checkpoint: (dir) => {
      const { tensors, ...rest } = loadRun(dir);
      return encodeJson([
        rest,
        [...tensors].map(([name, { shape, data }]) => [name, shape, sha(new Uint8Array(data.buffer), 16)]),
      ]).replaceAll(anyRun, "");
    },
    done: (dir) => encodeJson(doneRecordIn(dir) ?? null).replaceAll(anyRun, ""),
    rows: (dir) => sha(encodeJson([...recordingOf(dir).rows()]), 64),
    contents: (dir) => encodeJson(completeContents(recordingOf(dir), savedStep(dir))),
    lock: async (dir) => {
      (await lockOf(dir, 0)).release();
      return "";
    },
  };
  const readAll = async (dir) => {
    const said = {};
    for (const [name, read] of Object.entries(readers))
      try {
        said[name] = await read(dir);
      } catch (error) {
        if (!(error instanceof RangeflowFailure)) throw error;
        if (!/^[^\n]+: [^\n]+\.$/.test(error.message)) throw new Error(`no sentence: ${error.message}`);
        said[name] = undefined;
      }
    return said;
  };
  const runs = ["finished", "resumed", "stopped"];
  const expected = Object.fromEntries(
    await Promise.all(runs.map(async (run) => [run, await readAll(join(home, run))])),
  );
  /** What a file says that has no seal over it, when its own checksum is right. */
  const mayDiffer = (kind, run, reader) =>
    (/^resigned (header|chunk|json)/.test(kind) && (reader === "checkpoint" || reader === "contents")) ||
    (kind === "resigned done" && reader === "done") ||
    (kind === "resigned segment" && run === "stopped");
  for (let i = from; i < to; i++) {
    const random = randomOf(seed * 1_000_003 + i);
    const run = runs[Math.floor(random() * runs.length)];
    const dir = join(home, `mutant-${i}`);
    cpSync(join(home, run), dir, { recursive: true });
    let told;
    let kind = "";
    try {
      kind = mutate(dir, random);
      parentPort.postMessage({ kind });
      const said = await readAll(dir);
      const differing = Object.keys(readers).filter(
        (name) => said[name] !== undefined && said[name] !== expected[run][name],
      );
      const wrong = differing.filter((name) => !mayDiffer(kind, run, name));
      const refused = Object.values(said).includes(undefined);
      const outcome =
        wrong.length > 0
          ? isShorter(run, kind, wrong, said)
            ? "shorter"
            : "silent"
          : refused
            ? "refused"
            : differing.length > 0
              ? "says other things"
              : "says the same";
      told = { kind, outcome, text: `${run}: ${wrong.join()}` };
    } catch (error) {
      told = { kind, outcome: "trace", text: error.stack ?? String(error) };
    }
    rmSync(dir, { recursive: true });
    parentPort.postMessage(told);
  }

  /** A run that has not ended is read as far as it was written: less of it is no mistake, as long as the checkpoint is reached. */
  function isShorter(run, kind, wrong, said) {
    return (
      run === "stopped" &&
      ["segment", "sums", "whole file"].includes(kind) &&
      wrong.every((name) => name === "rows" || name === "contents") &&
      said.contents !== undefined
    );
  }
}
