/** @file A study of small runs: each is run once and for all, side by side with others, whatever happens in between. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lastValueFrom, of, Subject, take, tap, toArray } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { type CompareOptions, compare } from "../../../pipelines/studies/compare.ts";
import type { CellEvent, CompareEvent, RunEvent, StudyEvent } from "../../../pipelines/studies/events.ts";
import { combinations } from "../../../pipelines/studies/grid.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, isAlive, small, version, workersIn } from "../runs.ts";

const test = suite("compare");

const bits = combinations({ bits: ["8/8/8", "4/4/4"] });

const studied = (
  options: Partial<CompareOptions> & Pick<CompareOptions, "out">,
  settings = small,
): Promise<CompareEvent[]> =>
  lastValueFrom(
    compare({ small: builtIn(settings) }, { cells: bits, seeds: [1, 2], jobs: 1, ...options }).pipe(
      toArray(),
    ),
  );

const runsIn = (events: readonly CompareEvent[]): readonly RunEvent[] =>
  events.filter((event): event is RunEvent => event.event === "run");

const cellsIn = (events: readonly CompareEvent[]): readonly CellEvent[] =>
  events.filter((event): event is CellEvent => event.event === "cell");

const studyIn = (events: readonly CompareEvent[]): StudyEvent => events[0] as StudyEvent;

const failuresOf = async (act: Promise<unknown>): Promise<readonly string[]> =>
  (await failureOf(act)).split("\n");

/** Waits until it is true, or a minute is over. */
const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 6000 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
};

const home = scratch();
const out = join(home, "study");
const first = await studied({ out, jobs: 2 });
const names = ["", "bits=4.4.4,"].flatMap((cell) =>
  [1, 2].map((seed) => `${cell}epochs=2,batch=16,limit=160,test-limit=40${version},seed=${seed}`),
);

test("every cell is run with every seed, and each run ends as it does alone", async () => {
  const { event, cells, runs, finished } = studyIn(first);
  assert.equal({ event, cells, runs, finished }, { event: "study", cells: 2, runs: 4, finished: 0 });
  assert.equal(
    runsIn(first)
      .map(({ run }) => run)
      .toSorted(),
    names.toSorted(),
  );
  const alone = await doneOf({ ...small, bits: "4/4/4", seed: 2 });
  const { done } = doneRecordIn(join(out, names[3]!))!;
  assert.is(done.weightsSha256, alone.weightsSha256);
  assert.is(done.score, alone.score);
});

test("each cell has the spread of its seeds, and the difference to the first cell seed by seed", () => {
  const [accuracies, best, seconds] = (["score", "bestScore", "seconds"] as const).map((field) =>
    names.map((name) => doneRecordIn(join(out, name))!.done[field]),
  ) as [number[], number[], number[]];
  const [a, b] = cellsIn(first) as [CellEvent, CellEvent];
  assert.equal([a.settings, b.settings, a.seeds, b.seeds], [...bits, [1, 2], [1, 2]]);
  assert.is(a.test?.mean, (accuracies[0]! + accuracies[1]!) / 2);
  assert.is(b.test?.max, Math.max(accuracies[2]!, accuracies[3]!));
  assert.is(b.bestTest?.min, Math.min(best[2]!, best[3]!));
  assert.is(b.seconds?.mean, (seconds[2]! + seconds[3]!) / 2);
  assert.is(a.againstFirst, null);
  assert.equal(b.againstFirst?.test?.seeds, 2);
  assert.is(
    b.againstFirst?.test?.mean,
    (accuracies[2]! - accuracies[0]! + (accuracies[3]! - accuracies[1]!)) / 2,
  );
  assert.equal(
    a.roles.map(({ role, staticSites, dynamicSites }) => [role, staticSites, dynamicSites]),
    [
      ["weight", 0, 5],
      ["activation", 5, 0],
      ["gradient", 5, 0],
    ],
  );
});

test("runs.csv has a line for each run, and nothing else is left beside the runs", () => {
  assert.equal(readdirSync(out).toSorted(), [...names, "runs.csv", "study.json"].toSorted());
  const [head, ...lines] = readFileSync(join(out, "runs.csv"), "utf8").trimEnd().split("\n");
  assert.match(head!, /^run,status,bits,epochs,batch,limit,test-limit,seed,score,test,bestTest,/);
  assert.equal(
    lines.map((line) => /^"([^"]+)",done,([\d/]+),/.exec(line)?.slice(1)),
    [...names].toSorted().map((name) => [name, name.startsWith("bits") ? "4/4/4" : "8/8/8"]),
  );
});

test("the same study again repeats no run, and says the same", async () => {
  const before = names.map((name) => statSync(join(out, name, "done.json")).mtimeMs);
  const again = await studied({ out });
  assert.is(studyIn(again).finished, 4);
  assert.ok(runsIn(again).every((run) => run.status === "done" && run.before));
  assert.equal(cellsIn(again), cellsIn(first));
  assert.equal(
    names.map((name) => statSync(join(out, name, "done.json")).mtimeMs),
    before,
  );
});

test("a finished run whose directory was renamed is not trained again, and its place is told", async () => {
  const renamed = join(out, "the first one");
  renameSync(join(out, names[0]!), renamed);
  const again = await studied({ out });
  assert.is(studyIn(again).finished, 4);
  assert.equal(cellsIn(again), cellsIn(first));
  assert.not(existsSync(join(out, names[0]!)));
  const [run] = runsIn(again);
  assert.is(run?.status === "done" && run.done.out, renamed);
  renameSync(renamed, join(out, names[0]!));
});

test("another grid in the same directory runs only what is new", async () => {
  const cells = combinations({ lr: [0.02, 0.05], bits: ["8/8/8"] });
  const events = await studied({ out, cells, seeds: [1] });
  assert.is(studyIn(events).finished, 1);
  const [, added] = runsIn(events);
  assert.is(added?.run, `epochs=2,batch=16,lr=0.05,limit=160,test-limit=40${version},seed=1`);
  assert.is(readFileSync(join(out, "runs.csv"), "utf8").trimEnd().split("\n").length, 1 + 5);
});

test("a run that fails is reported in its cell with its sentence, and the others go on", async () => {
  const dir = join(home, "diverging");
  const events = await studied({ out: dir, cells: combinations({ lr: [1e30, 0.02] }), seeds: [1] });
  const [failing, good] = cellsIn(events) as [CellEvent, CellEvent];
  assert.match(failing.failed[0]?.message ?? "", /^loss, step \d: the loss is .*, expected a finite loss; /);
  assert.equal([failing.test, failing.seeds, good.againstFirst], [null, [], null]);
  assert.equal([good.failed, good.seeds], [[], [1]]);
  assert.equal(events.at(-1), { event: "compared", done: 1, failed: 1, left: 0, out: dir });
  assert.match(readFileSync(join(dir, "runs.csv"), "utf8"), /lr=1e\+30.*,failed,.*the loss is /);
});

test("a study that is told to stop leaves runs that go on with the same bits", async () => {
  const dir = join(home, "stopped");
  const stop$ = new Subject<void>();
  const study = { cells: bits.slice(0, 1), seeds: [1, 2], out: dir, jobs: 2 };
  const stopping = compare({ small: builtIn(small) }, { ...study, stop$ }).pipe(
    tap((event) => {
      if (event.event === "progress" && event.running === 2) stop$.next();
    }),
    toArray(),
  );
  const events = await lastValueFrom(stopping);
  const last = events.at(-1);
  assert.ok(last?.event === "compared" && last.left > 0, JSON.stringify(last));
  assert.not(existsSync(join(dir, "lock.json")));
  const rest = await studied(study);
  for (const name of names.slice(0, 2))
    assert.is(
      doneRecordIn(join(dir, name))?.done.weightsSha256,
      doneRecordIn(join(out, name))?.done.weightsSha256,
    );
  assert.is(runsIn(rest).length, 2);
});

test("runs share a process; one that has executed a file of a user's own serves no other run", async () => {
  const estimator = join(home, "current.ts");
  writeFileSync(
    estimator,
    `import { map } from "rxjs";
export default (observed$) => observed$.pipe(map(({ min, max }) => ({ lo: min, hi: max })));
`,
  );
  const processesOf = async (gradientRange: string, dir: string): Promise<number> => {
    const processes = new Set<number>();
    const cells = [{ gradientRange, epochs: 1, limit: 16, testLimit: 10 }];
    await lastValueFrom(
      compare({ small: builtIn(small) }, { cells, seeds: [1, 2], out: dir, jobs: 1 }).pipe(
        tap(({ event }) => {
          if (event === "progress") for (const pid of workersIn(dir)) processes.add(pid);
        }),
      ),
    );
    return processes.size;
  };
  assert.is(await processesOf("currentMinMax", join(home, "shared")), 1);
  assert.is(await processesOf(estimator, join(home, "apart")), 2);
});

test("a study that is told to stop while it is planned starts nothing", async () => {
  const events = await studied({ out: join(home, "never"), stop$: of(undefined) });
  assert.equal(events.at(-1), { event: "compared", done: 0, failed: 0, left: 4, out: join(home, "never") });
  assert.equal(readdirSync(join(home, "never")), []);
});

test("whoever unsubscribes ends the processes, and frees the directory", async () => {
  const dir = join(home, "left");
  let workers: readonly number[] = [];
  await lastValueFrom(
    compare({ small: builtIn(small) }, { cells: bits, seeds: [1, 2], out: dir, jobs: 2 }).pipe(
      tap(({ event }) => {
        if (event === "progress") workers = workersIn(dir);
      }),
      take(2),
    ),
  );
  assert.ok(workers.length > 0);
  await until(() => !workers.some(isAlive));
  assert.not(existsSync(join(dir, "lock.json")));
});

test("everything that is wrong with any cell is said before anything is written", async () => {
  const dir = join(home, "wrong");
  const cells = combinations({
    activationRange: ["foo", "inHindsight", "./none.ts"],
    bits: ["8/8/8", "9/9/9"],
  });
  const sentences = await failuresOf(studied({ out: dir, cells, jobs: 0 }));
  const expected = [
    /^compare, jobs: 0, expected auto, or an integer from 1\.$/,
    /^--activation-range: estimator "foo", expected /,
    /^--bits: "9\/9\/9", expected /,
    /^--activation-range: no file \.\/none\.ts, expected /,
  ];
  assert.is(sentences.length, expected.length, sentences.join("\n"));
  for (const [i, sentence] of expected.entries()) assert.match(sentences[i]!, sentence);
  assert.not(existsSync(dir));
});

test("runs that are alike, and studies of nothing, are refused", async () => {
  const alike = combinations({ lr: [0.02, 0.02] });
  assert.equal(await failuresOf(studied({ out: home, cells: alike, seeds: [1] })), [
    "compare: cells 1 and 2 alike, expected runs that differ.",
  ]);
  for (const [cells, hint] of [
    [combinations({ patience: [5, 6] }), "patience changes no bit of these runs and makes no cells"],
    [
      [
        { checkpointSeconds: 5, patience: 5 },
        { checkpointSeconds: 6, patience: 6 },
      ],
      "checkpoint-seconds and patience change no bit of these runs and make no cells",
    ],
  ] as const)
    assert.equal(await failuresOf(studied({ out: home, cells, seeds: [1] })), [
      `compare: cells 1 and 2 alike, expected runs that differ; ${hint}.`,
    ]);
  assert.equal(await failuresOf(studied({ out: home, seeds: [3, 3], cells: [{}] })), [
    "compare: seed 3 twice, expected runs that differ.",
  ]);
  for (const nothing of [{ cells: [] }, { seeds: [] }])
    assert.equal(await failuresOf(studied({ out: home, ...nothing })), [
      "compare: nothing to run, expected at least one cell and one seed.",
    ]);
});

test("a record that is cut off, or a score typed into one, is refused; without it the run is taken up where it was", async () => {
  const path = join(out, names[0]!, "done.json");
  const whole = doneRecordIn(join(out, names[0]!))!;
  const text = readFileSync(path, "utf8");
  for (const changed of [text.slice(0, 100), text.replace(/"bestScore": [\d.]+/, '"bestScore": 1')]) {
    writeFileSync(path, changed);
    assert.match((await failuresOf(studied({ out })))[0]!, /done\.json: contents that /);
    // Also where the run is none of the study's own.
    const others = studied({ out, seeds: [3], cells: [{ bits: "8/8/8" }] });
    assert.match((await failuresOf(others))[0]!, /done\.json: contents that /);
  }
  rmSync(path);
  const events = await studied({ out });
  assert.is(studyIn(events).finished, 3);
  assert.equal(doneRecordIn(join(out, names[0]!))?.done.weightsSha256, whole.done.weightsSha256);
});

test("the record of other settings under the name of a run is refused", async () => {
  const [name, other] = [join(out, names[0]!, "done.json"), join(out, names[2]!, "done.json")];
  writeFileSync(name, readFileSync(other));
  assert.match(
    (await failuresOf(studied({ out })))[0]!,
    /: the record of another run, of 4\/4\/4 where this one has --bits 8\/8\/8, expected that of epochs=2/,
  );
  rmSync(name);
});

test.run();
