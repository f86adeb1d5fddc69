import { suite } from "uvu";
import * as assert from "uvu/assert";
import { printable } from "../../../pipelines/cli/printable.ts";
import { rangeflow } from "../runs.ts";

const test = suite("text for a terminal");

test("controls are shown as JSON escapes them; line ends, tabs and every letter stay", () => {
  assert.is(printable("größe\t±1\n"), "größe\t±1\n");
  assert.is(printable("\u001b[31m\u0007\r\u009b2J\u202e"), "\\u001b[31m\\u0007\\u000d\\u009b2J\\u202e");
});

test("JSON stays the same JSON", () => {
  const said = { site: "a\u0000\u001b]0;x\u0007\u007f\u009b2J\u2028\u202eb\n" };
  assert.equal(JSON.parse(printable(JSON.stringify(said))), said);
});

test("escape sequences in a path reach no terminal", async () => {
  const { err, code } = await rangeflow(["replay", "no\u001b[31mwhere\u009b2J"]);
  assert.is(code, 2);
  assert.match(err, /no\\u001b\[31mwhere\\u009b2J/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them must be there
  assert.not.match(err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test.run();
