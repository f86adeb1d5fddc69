/** @file The view of a run that goes on: head, epochs and columns of a reader are those of the view, however late he asks. */
import { deepStrictEqual } from "node:assert";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openView } from "../../../pipelines/views/openView.ts";
import { packed, unpacked } from "../../../pipelines/views/packed.ts";
import type { EpochView, RunView } from "../../../pipelines/views/runView.ts";
import { isNothing, withChanges } from "../../../pipelines/views/viewChanges.ts";

const test = suite("views/openView");

const copied = (view: RunView): RunView => unpacked(packed(view)) as RunView;

const epochOf = (epoch: number): EpochView => ({
  ...{ event: "epoch", epoch, steps: 10 * epoch, loss: 1 / epoch, testLoss: Number.NaN, metric: "accuracy" },
  ...{ trainScore: 0.5, testScore: 0.4, learningRate: 0.1, imagesPerSecond: 1000 },
});

test("epochs, facts and steps come with the changes in which they are new, and only then", () => {
  const open = openView("a run", () => 8);
  let mine = copied(open.view());
  let version = open.endVersion();
  const take = () => {
    const changes = open.changesSince(version)!;
    version = open.endVersion();
    mine = withChanges(mine, changes);
    deepStrictEqual(mine, copied(open.view()));
    return changes;
  };
  assert.ok(isNothing(take()));
  open.addEpoch(epochOf(1));
  open.fold.addStep({ step: 0, loss: 2, learningRate: 0.1 });
  assert.equal(Object.keys(take()), ["epochs", "epochsBefore", "fold"]);
  open.setHead({ facts: [["model", "lenet5"]], missing: ["a sentence"] });
  assert.equal(Object.keys(take()), ["head", "fold"]);
  open.addEpoch(epochOf(2));
  open.addEpoch(epochOf(3));
  assert.equal(
    take().epochs?.map(({ epoch }) => epoch),
    [2, 3],
  );
  assert.ok(isNothing(take()));
});

test("a change that is taken twice, or after a later one, changes nothing more", () => {
  const open = openView("a run", () => 8);
  open.addEpoch(epochOf(1));
  const before = copied(open.view());
  const version = open.endVersion();
  open.addEpoch(epochOf(2));
  open.fold.addStep({ step: 0, loss: 2, learningRate: 0.1 });
  const first = open.changesSince(version)!;
  open.endVersion();
  open.addEpoch(epochOf(3));
  open.fold.addStep({ step: 1, loss: 1, learningRate: 0.1 });
  const both = open.changesSince(version)!;
  const now = copied(open.view());
  deepStrictEqual(withChanges(before, both), now);
  deepStrictEqual(withChanges(withChanges(before, both), both), now);
  deepStrictEqual(withChanges(withChanges(before, first), both), now);
});

test.run();
