/** @file CONTRIBUTING tells of files that are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("CONTRIBUTING");

const text = readFileSync("CONTRIBUTING.md", "utf8");
const paths = [...text.matchAll(/`([\w.-]+\/[\w./-]*|[\w-]+\.ts)`/g)].map(([, path]) => path as string);

test("every file that it names is there, and so is the room of every file that it asks for", () => {
  assert.ok(paths.length > 30);
  const missing = paths.filter((path) => !existsSync(path.includes("NAME") ? roomOf(path) : path));
  assert.equal(missing, []);
});

/** The folder in which a file of any name is asked for. */
const roomOf = (path: string): string => dirname(path.slice(0, path.indexOf("NAME") + 4));

test("every room that it sends a newcomer to has more than its contents", () => {
  for (const path of paths.filter((each) => each.includes("NAME")))
    assert.ok(readdirSync(roomOf(path)).length > 2, path);
});

test("the entries that it speaks of are made by functions of these names", () => {
  const makers = [...text.matchAll(/`(\w+Entry)`/g)].map(([, name]) => name as string);
  const sources = [...new Set(paths.filter((path) => path.includes("NAME")).map(roomOf)), "quantizers"]
    .flatMap((room) => readdirSync(room).map((file) => `${room}/${file}`))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(file, "utf8"));
  for (const name of makers)
    assert.ok(
      sources.some((source) => source.includes(`export const ${name} = `)),
      name,
    );
});

test.run();
