/** @file Timing drawn with marbles: time runs to the right, letters are values, | completes, # fails, ! unsubscribes. */
import { TestScheduler } from "rxjs/testing";
import * as assert from "uvu/assert";

type Helpers = Parameters<Parameters<TestScheduler["run"]>[0]>[0];

export const marbles = (draw: (helpers: Helpers) => void): void =>
  new TestScheduler((actual, expected) => assert.equal(actual, expected)).run(draw);
