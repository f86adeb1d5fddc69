import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Settings } from "../../../pipelines/settings/settings.ts";
import { type Threaded, threadShare } from "../../../pipelines/studies/threadShare.ts";

const test = suite("threadShare");

const runs = (count: number, threads: Settings["threads"] = "auto"): readonly Threaded[] =>
  Array.from({ length: count }, () => ({ threads }));

test("there are as many runs as cores, with one thread each", () => {
  const planned = runs(9);
  const sharing = threadShare(4, "auto", planned);
  assert.is(sharing.jobs, 4);
  for (const run of planned.slice(0, 4)) assert.is(sharing.take(run).threads, 1);
});

test("fewer runs than cores share them", () => {
  const planned = runs(3);
  const sharing = threadShare(8, "auto", planned);
  assert.is(sharing.jobs, 3);
  assert.equal(
    planned.map((run) => sharing.take(run).threads),
    [2, 3, 3],
  );
});

test("the last run gets what the others have given back, and a run that has the machine measures what helps", () => {
  const planned = runs(3);
  const sharing = threadShare(2, "auto", planned);
  const [first, second] = planned.slice(0, 2).map((run) => sharing.take(run));
  assert.equal([first?.threads, second?.threads], [1, 1]);
  first?.giveBack();
  second?.giveBack();
  assert.is(sharing.take(planned[2]!).threads, "auto");
});

test("threads that the settings name are kept, and fewer runs go side by side", () => {
  const planned = runs(9, 3);
  const sharing = threadShare(8, "auto", planned);
  assert.is(sharing.jobs, 2);
  assert.is(sharing.take(planned[0]!).threads, 3);
});

test("a number of jobs is obeyed, with threads for the cores that are left over", () => {
  const planned = runs(9);
  const sharing = threadShare(8, 2, planned);
  assert.is(sharing.jobs, 2);
  assert.is(sharing.take(planned[0]!).threads, 4);
  assert.is(threadShare(2, 5, planned).take(planned[0]!).threads, 1);
});

test("what may not go side by side does not, whatever is asked for", () => {
  assert.is(threadShare(8, "auto", runs(9), 1).jobs, 1);
  assert.is(threadShare(8, 4, runs(9), 2).jobs, 2);
});

test("nothing to do is one job", () => assert.is(threadShare(8, "auto", []).jobs, 1));

test.run();
