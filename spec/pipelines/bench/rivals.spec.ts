/** @file Peers in training: what they must have learned before they are timed, and how many images they are given. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PeerTrainer, TrainingTask } from "../../../pipelines/bench/peers.ts";
import { bearable, learnsAlike, rivalsOf } from "../../../pipelines/bench/rivals.ts";
import { openTrainer } from "../../../pipelines/bench/trainer.ts";
import { elements } from "../../support/elements.ts";

const test = suite("rivals");

const model = "lenet5";

/** A peer that is ourselves in float32, made `slowness` milliseconds an image slow, and its tasks. */
const peer = (slowness: number, loss: (ours: number) => number = (ours) => ours) => {
  let time = 0;
  const tasks: TrainingTask[] = [];
  const notes: string[] = [];
  const open: string[] = [];
  const trainer: PeerTrainer = {
    name: "peer",
    number: "float32",
    open: async (task) => {
      const [batch] = task.images.shape as [number];
      const { step, close } = openTrainer({ model, batch, ranges: "float" });
      tasks.push(task);
      open.push(`b${batch}`);
      return {
        run: () => {
          time += slowness * batch;
          return loss(step());
        },
        close: () => {
          open.splice(open.indexOf(`b${batch}`), 1);
          close();
        },
      };
    },
  };
  return { trainer, tasks, notes, open, now: () => time, note: (text: string) => void notes.push(text) };
};

/** The names of the rivals of a batch of 8 where a step may take a second. */
const entered = async ({ trainer, now, note }: ReturnType<typeof peer>) => {
  const rivals = await rivalsOf(trainer, { model, batch: 8, mostTurn: 1000 }, { now, note });
  for (const { close } of rivals) await close();
  return rivals.map(({ name, images }) => [name, images]);
};

test("a peer that can bear it is given the whole batch", async () => {
  const quick = peer(125);
  assert.equal(await entered(quick), [["peer", 8]]);
  assert.equal([quick.notes, quick.open], [[], []]);
});

test("a peer that cannot is given fewer images, and half of those, and is named after them", async () => {
  assert.equal(await entered(peer(126)), [
    ["peer, 4 images a step", 4],
    ["peer, 2 images a step", 2],
  ]);
  const slow = peer(1000);
  assert.equal(await entered(slow), [
    ["peer, 2 images a step", 2],
    ["peer, 1 image a step", 1],
  ]);
  assert.equal(slow.open, []);
});

test("a peer that takes too long for two images is left out after its first steps", async () => {
  const slow = peer(1001);
  assert.equal(await entered(slow), []);
  assert.equal([slow.notes, slow.open], [["peer is left out of lenet5: 2 images take 2.0 s"], []]);
  const hopeless = peer(60_000);
  assert.equal(await entered(hopeless), []);
  assert.is(hopeless.now(), 120_000);
});

test("a peer that is quick only once it is warm grows into its batch", async () => {
  const { trainer, now, note } = peer(0);
  let time = 0;
  let runs = 0;
  const cold: PeerTrainer = {
    ...trainer,
    open: async (task) => {
      const { run, close } = await trainer.open(task);
      return {
        run: () => {
          time += runs++ < 3 ? 900 : 10;
          return run();
        },
        close,
      };
    },
  };
  const wanted = { model, batch: 8, mostTurn: 1000 } as const;
  const [only, ...rest] = await rivalsOf(cold, wanted, { now: () => now() + time, note });
  assert.equal([only?.name, rest], ["peer", []]);
  only?.close();
});

test("a peer is given our first values and our images, as copies", async () => {
  const { tasks, ...quick } = peer(1);
  await entered({ tasks, ...quick });
  const [task] = tasks as [TrainingTask];
  assert.equal(task.images.shape, [2, 28, 28, 1]);
  const trainer = openTrainer({ model, batch: 2, ranges: "float" });
  const first = new Map(trainer.parameters.map(({ path, value }) => [path, elements(value)]));
  for (const { path, value, isDecayed } of task.parameters) {
    assert.equal(value, first.get(path));
    assert.is(isDecayed, path.endsWith("/weight"));
  }
  trainer.close();
});

test("a peer that learns something else is left out, and told so", async () => {
  const other = peer(1, (loss) => 1.01 * loss);
  assert.equal(await entered(other), []);
  assert.match(other.notes[0] ?? "", /^peer is left out of lenet5: its losses are .* where ours are /);
});

test("a peer that cannot train is left out with the first line of its reason", async () => {
  const broken = peer(1, () => {
    throw new Error("no kernel for this\nat some place");
  });
  assert.equal(await entered(broken), []);
  assert.equal([broken.notes, broken.open], [["peer is left out of lenet5: no kernel for this"], []]);
});

test("float32 losses are equal to five digits, those of simulated integers to two, and NaN is neither", () => {
  assert.ok(learnsAlike("float32", [2, 1], [2.00001, 1.000009]));
  assert.not(learnsAlike("float32", [2, 1], [2, 1.00002]));
  assert.ok(learnsAlike("W8A8G8", [2], [2.01]));
  assert.not(learnsAlike("W8A8G8", [2], [2.03]));
  assert.not(learnsAlike("W8A8G8", [2, 1], [2, Number.NaN]));
  assert.not(learnsAlike("W8A8G8", [2, 1], [2]));
});

test("a batch is halved until it is bearable", () => {
  assert.is(bearable(128, 10, 1280), 128);
  assert.is(bearable(128, 10, 1279), 64);
  assert.is(bearable(128, 1e6, 1000), 2);
});

test.run();
