import { suite } from "uvu";
import * as assert from "uvu/assert";
import { patienceOf } from "../../../operators/module/patience.ts";
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

test("a patience longer than the longest timer is as long as it says", () =>
  marbles(({ cold, expectObservable }) => {
    expectObservable(patienceOf(1e7)(cold("10s a|"))).toBe("10s a|");
    expectObservable(patienceOf(1e7)(cold("-"))).toBe(`${1e10}ms #`, undefined, new Error());
    expectObservable(patienceOf(Number.POSITIVE_INFINITY)(cold(`${1e8}s a|`))).toBe(`${1e8}s a|`);
  }));

test("a stream that ends without an answer ends as it is", () =>
  marbles(({ cold, expectObservable }) => {
    expectObservable(patienceOf(0.005)(cold("--|"))).toBe("--|");
    expectObservable(patienceOf(0.005)(cold("--#"))).toBe("--#");
  }));

test("the reason names the time, and who has set it", () => {
  let reason = "";
  marbles(({ cold, flush }) => {
    patienceOf(
      3,
      "--patience",
    )(cold("-")).subscribe({
      error: (error: Error) => {
        reason = error.message;
      },
    });
    flush();
  });
  assert.is(reason, "none within 3 s, the limit that --patience sets");
});

test.run();
