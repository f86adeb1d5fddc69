/** @file The progress bar, on a stream that says it is a terminal and on one that is none. */
import { PassThrough } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { progressBar } from "../../../pipelines/cli/progressBar.ts";

const test = suite("progressBar");

const drawnOn = (isTTY: boolean) => {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 60 });
  return { draw: progressBar(stream as never), seen: (): string => String(stream.read() ?? "") };
};

test("the bar is drawn on a terminal in one line, and cleared", () => {
  const { draw, seen } = drawnOn(true);
  draw({ share: 0.25, text: "step 5/20" });
  assert.match(seen(), "[####............] step 5/20");
  draw();
  const cleared = seen();
  assert.ok(cleared.endsWith("\u001b[1G\u001b[2K"), JSON.stringify(cleared));
  assert.not.match(cleared, "\n");
  draw({ share: 0.5, text: "step 10/20" });
  assert.match(seen(), "[########........] step 10/20");
  draw();
});

test("a line is no wider than the terminal, and what a path has put into it moves no cursor", () => {
  const { draw, seen } = drawnOn(true);
  draw({ share: 0, text: `\u001b[2J${"x".repeat(100)}` });
  const text = seen();
  assert.match(text, "\\u001b[2Jxxx");
  assert.is(text.match(/\[\.*\] .*?x+/)?.[0].length, 60);
  draw();
});

test("nothing is written where there is no terminal", () => {
  const { draw, seen } = drawnOn(false);
  draw({ share: 0.5, text: "step" });
  draw({ share: 0.6, text: "step" });
  draw();
  assert.is(seen(), "");
});

test.run();
