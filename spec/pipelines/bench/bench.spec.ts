import { tap } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { reference } from "../../../core/engines/reference/engine.ts";
import { ofTensor } from "../../../core/expr.ts";
import { tensor } from "../../../core/tensor.ts";
import { benchCommand } from "../../../pipelines/bench/benchCommand.ts";
import { compared, geometricMeans } from "../../../pipelines/bench/comparison.ts";
import { type Contestant, type ContestRules, contest } from "../../../pipelines/bench/contest.ts";
import { convCases } from "../../../pipelines/bench/convCases.ts";
import { agrees, checkAgainstReference, inSmall, ofWidths } from "../../../pipelines/bench/convCheck.ts";
import { groups } from "../../../pipelines/bench/groups.ts";
import { openPeers } from "../../../pipelines/bench/peers.ts";
import { timeByOwner } from "../../../pipelines/bench/profile.ts";
import type { Row } from "../../../pipelines/bench/row.ts";
import { shares } from "../../../pipelines/bench/shares.ts";
import { geometricMean, median, quantile, spread } from "../../../pipelines/bench/statistics.ts";
import { kindOfPass, stopwatch } from "../../../pipelines/bench/stopwatch.ts";
import { openTrainer, signalsOfFirstStep } from "../../../pipelines/bench/trainer.ts";
import { runProgram } from "../../../pipelines/cli/program.ts";

const test = suite("bench");

/** A clock that only contestants move. */
const clock = () => {
  let time = 0;
  const log: string[] = [];
  const notes: string[] = [];
  const rules: ContestRules = {
    rounds: 7,
    leastTurn: 10,
    leastWarmUp: 0,
    mostTurn: 1000,
    longTurn: 100,
    now: () => time,
    note: (text) => notes.push(text),
  };
  const taking = (name: string, milliseconds: number): Contestant => ({
    name,
    run: () => {
      time += milliseconds;
      log.push(name);
    },
  });
  return { rules, taking, log, notes };
};

const row: Row = {
  group: "g",
  case: "a int8",
  subject: "ours",
  value: 2,
  unit: "GOP/s",
  versus: "theirs",
  ratio: 4,
  spread: 0.1,
  rounds: 7,
};

test("quantiles lie between their neighbours, and the spread is the distance of the quartiles over the median", () => {
  assert.is(median([3, 1, 2]), 2);
  assert.is(median([1, 2, 3, 4]), 2.5);
  assert.is(quantile(0.25, [10, 20, 30, 40, 50]), 20);
  assert.is(spread([10, 20, 30, 40, 50]), 20 / 30);
});

test("the geometric mean of twice and half as fast is one", () => {
  assert.ok(Math.abs(geometricMean([2, 0.5]) - 1) < 1e-12);
});

test("a contest times everyone once a round, in turns, as often as a turn is long", async () => {
  const { rules, taking, log } = clock();
  const times = await contest([taking("a", 2), taking("b", 10)], rules);
  assert.equal(times.get("a"), Array(7).fill(0.002));
  assert.equal(times.get("b"), Array(7).fill(0.01));
  const warmUp = [..."aaabbb"];
  const there = [..."aaaaab"];
  assert.equal(log.slice(0, 18), [...warmUp, ...there, ...there.toReversed()]);
});

test("contestants warm up for as long as they are told to", async () => {
  const { rules, taking, log } = clock();
  await contest([taking("a", 10)], { ...rules, leastWarmUp: 95, rounds: 7 });
  assert.is(log.length, 10 + 7);
});

test("who takes too long is left out, with a note", async () => {
  const { rules, taking, log, notes } = clock();
  const times = await contest([taking("slow", 2500), taking("quick", 10)], rules);
  assert.equal([...times.keys()], ["quick"]);
  assert.equal(notes, ["slow takes 2.5 s and is left out"]);
  assert.is(log.filter((name) => name === "slow").length, 1);
});

test("who takes long warms up once and has its turn in the first three rounds, next to the others", async () => {
  const { rules, taking, log } = clock();
  const times = await contest([taking("long", 400), taking("quick", 10)], rules);
  assert.equal(times.get("long"), Array(3).fill(0.4));
  assert.equal(times.get("quick"), Array(7).fill(0.01));
  const [long, quick] = ["long", "quick"];
  assert.equal(log, [long, quick, quick, quick, long, quick, quick, long, long, ...Array(5).fill(quick)]);
});

test("a contestant that answers later is waited for", async () => {
  const { rules, taking } = clock();
  const late = taking("late", 20);
  const times = await contest([{ name: "late", run: async () => late.run() }], rules);
  assert.equal(times.get("late"), Array(7).fill(0.02));
});

test("a ratio is the median of the ratios within the rounds: a round that was slow for both changes nothing", () => {
  const times = new Map([
    ["ours", [1, 1, 100]],
    ["theirs", [2, 2, 200]],
  ]);
  const what = { group: "g", case: "c", amount: 3, unit: "GOP/s" };
  const named = (name: string) => ({ name, shown: name.toUpperCase() });
  assert.equal(compared(what, times, named("ours"), [named("theirs"), named("absent")]), [
    {
      group: "g",
      case: "c",
      unit: "GOP/s",
      subject: "OURS",
      value: 3,
      versus: "THEIRS",
      ratio: 2,
      spread: 0,
      rounds: 3,
    },
  ]);
});

test("who took part in fewer rounds is compared over those, and the row says how many they were", () => {
  const times = new Map([
    ["ours", [1, 1, 2, 9, 9]],
    ["theirs", [4, 4, 8]],
  ]);
  const what = { group: "g", case: "c", amount: 1, unit: "images/s" };
  const named = (name: string) => ({ name, shown: name });
  const [slow] = compared(what, times, named("ours"), [named("theirs")]);
  assert.equal([slow?.value, slow?.ratio, slow?.rounds], [0.5, 4, 3]);
  const [alone] = compared(what, times, named("theirs"), [named("ours")]);
  assert.equal([alone?.value, alone?.ratio, alone?.rounds], [0.25, 0.25, 3]);
});

test("a subject without rivals stands alone, and one that was left out has no row", () => {
  const times = new Map([["ours", [1, 1, 1]]]);
  const what = { group: "g", case: "c", amount: 3, unit: "GOP/s" };
  const named = (name: string) => ({ name, shown: name });
  const [alone] = compared(what, times, named("ours"), []);
  assert.is(alone?.versus, null);
  assert.is(alone?.ratio, null);
  assert.equal(compared(what, times, named("absent"), []), []);
});

test("geometric means are over several cases of the same kind, subject and rival", () => {
  const rows = [row, { ...row, case: "b int8", value: 8, ratio: 1 }, { ...row, versus: "others" }];
  const means = geometricMeans(rows, () => "int8");
  assert.equal(
    means.map(({ case: name, versus, ratio }) => [name, versus, Math.round(ratio ?? 0)]),
    [["geometric mean of 2: int8", "theirs", 2]],
  );
});

test("shares add up to the whole, the largest first", () => {
  const rounds = [
    new Map([
      ["a", 1],
      ["b", 3],
    ]),
    new Map([
      ["a", 2],
      ["b", 6],
    ]),
  ];
  const rows = shares({ group: "g", case: "c" }, "whole", rounds);
  assert.equal(
    rows.map(({ subject, value, ratio }) => [subject, value, ratio]),
    [
      ["b", 4.5, 0.75],
      ["a", 1.5, 0.25],
    ],
  );
});

test("samples of a profile belong to the file of the innermost function, and those of the profiler to nobody", () => {
  const frame = (id: number, url: string, functionName = "f") => ({ id, callFrame: { url, functionName } });
  const times = timeByOwner({
    nodes: [
      frame(1, "wasm://wasm/0123"),
      frame(2, "file:///x/node_modules/rxjs/dist/esm5/internal/Subscriber.js"),
      frame(3, "file:///x/dist/operators/module/runBatches.js"),
      frame(4, "", "(garbage collector)"),
      frame(5, "node:internal/process"),
      frame(6, "", "dispatch"),
    ],
    samples: [1, 2, 3, 4, 5, 1, 6],
    timeDeltas: [1000, 2000, 3000, 4000, 5000, 6000, 7000],
  });
  assert.equal(Object.fromEntries(times), {
    WebAssembly: 7,
    RxJS: 2,
    "Rangeflow's JavaScript": 3,
    "garbage collector": 4,
    "the bench, Node and V8": 5,
  });
});

test("a stopwatch changes no result, and books each pass under its source and its sinks", () => {
  let time = 0;
  const { engine, taken } = stopwatch(reference(), () => time++);
  const x = ofTensor(tensor(Float32Array.of(1, -2), [1, 1, 1, 2]));
  const plain = reference().run(x, { observe: true });
  assert.equal(engine.run(x, { observe: true }), plain);
  assert.is(kindOfPass(x, { observe: true, store: false, path: "conv1/input" }), "Dense -> observe");
  assert.equal([...taken()], [["Dense -> observe", 1]]);
  assert.equal([...taken()], []);
});

test("every convolution is measured over a shape that it can have, and quick ones are among them", () => {
  assert.ok(convCases.length >= 12);
  assert.ok(convCases.some(({ isQuick }) => isQuick));
  for (const { conv, input, output, gop } of convCases) {
    assert.is(input[3], conv.inChannels);
    assert.is(output[3], conv.outChannels);
    assert.ok(gop > 0 && output.every((side) => Number.isInteger(side) && side > 0));
  }
  assert.is(new Set(convCases.map(({ name }) => name)).size, convCases.length);
});

test("products are those of the reference before they are timed", () => {
  const first = convCases.find(({ conv }) => conv.inChannels === 3);
  if (first === undefined) throw new Error("no case with three channels");
  assert.equal(inSmall(first).input, [1, 12, 12, 3]);
  checkAgainstReference(first.name, first, ofWidths([8, 4, 32]));
});

test("a peer may be one code off, or a little in float32, but not more", () => {
  assert.ok(agrees(Int8Array.of(1, 2), Int8Array.of(2, 2)));
  assert.not(agrees(Int8Array.of(1, 2), Int8Array.of(3, 2)));
  assert.ok(agrees(Float32Array.of(100, 1), Float32Array.of(100.001, 1)));
  assert.not(agrees(Float32Array.of(100, 1), Float32Array.of(101, 1)));
  assert.not(agrees(Float32Array.of(1), Float32Array.of(1, 2)));
});

test("a trainer takes one step whenever it is told to, the same as any other trainer", () => {
  const steps: number[] = [];
  const trainer = openTrainer({
    model: "lenet5",
    batch: 2,
    through: tap((signal) => {
      if (signal._tag === "Updated") steps.push(signal.step);
    }),
  });
  trainer.step();
  trainer.step();
  trainer.close();
  assert.equal(steps, [1, 2]);
  const told = () =>
    JSON.stringify(
      signalsOfFirstStep({ model: "lenet5", batch: 2 }).filter(({ _tag }) => _tag === "RangeSeen"),
    );
  assert.is(told(), told());
});

test("a folder without peers is refused with one sentence", async () => {
  try {
    await openPeers("spec/golden", () => {});
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      /^--peers: spec\/golden without peers\/index\.mjs or node_modules/,
    );
  }
});

test("the command names its groups, and refuses others", async () => {
  const said: string[] = [];
  const terminal = {
    out: (text: string) => void said.push(text),
    err: () => {},
    draw: () => {},
  };
  const program = { name: "npm run", about: "", commands: [benchCommand] };
  const answer = (...args: readonly string[]) => runProgram(program, ["bench", ...args], terminal);
  assert.is(await answer("--help"), 0);
  for (const { name } of groups) assert.match(said.join(""), name);
  for (const wrong of [
    ["--group", "speed"],
    ["--rounds", "3"],
  ])
    assert.is(await answer(...wrong), 2);
});

test.run();
