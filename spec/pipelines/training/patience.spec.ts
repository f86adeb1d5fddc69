import { suite } from "uvu";
import * as assert from "uvu/assert";
import { patienceOf } from "../../../pipelines/training/patience.ts";
import { marbles } from "../../support/marbles.ts";

const test = suite("patience");

test("an answer that comes in time passes, however long the stream then goes on", () =>
  marbles(({ cold, expectObservable }) => {
    expectObservable(patienceOf(0.005)(cold("----a----------|"))).toBe("----a----------|");
  }));

test("after so many seconds without an answer the wait fails", () =>
  marbles(({ cold, expectObservable }) => {
    expectObservable(patienceOf(0.005)(cold("-------a|"))).toBe("5ms #", undefined, new Error());
    expectObservable(patienceOf(2)(cold("-"))).toBe("2s #", undefined, new Error());
  }));

test("the reason names the time and the option", () => {
  let reason = "";
  marbles(({ cold, flush }) => {
    patienceOf(3)(cold("-")).subscribe({
      error: (error: Error) => {
        reason = error.message;
      },
    });
    flush();
  });
  assert.is(reason, "none within 3 s, the limit that --patience sets");
});

test.run();
