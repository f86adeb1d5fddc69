/** @file Which files settings name, and what is in them. */
import { cpSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  contentsSha256,
  fileNamesIn,
  hashedName,
  movableCode,
  pathIn,
  userFile,
  withPaths,
} from "../../../pipelines/settings/userFiles.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("userFiles");

test("a path is one by itself or inside of combinations", () => {
  for (const [text, path] of [
    ["./mine.ts", "./mine.ts"],
    ["mine.cjs", "mine.cjs"],
    ["/a b/mine.mjs", "/a b/mine.mjs"],
    ["inHindsight(./mine.ts)", "./mine.ts"],
    ["frozen(inHindsight(../mine.ts):lo=-1,hi=1):tensors=3", "../mine.ts"],
    ["inHindsight", undefined],
    ["inHindsight(percentile:low=0.1,high=99.9)", undefined],
    ["uniform:scheme=symmetric", undefined],
  ] as const)
    assert.is(pathIn(text), path, text);
});

test("estimators, quantizers, rules and recipes name files, other settings do not", () => {
  const settings = {
    recipe: "./p.ts",
    weightRange: "inHindsight(./w.ts)",
    gradientQuantizer: "./q.ts",
    rangeAt: ["conv1/*=./r.ts", "*=lbt", "dense*=inHindsight(./r.ts)"],
    quantizerAt: ["*/input=./s.ts"],
    bitsAt: ["./a.ts=4"],
    dataDir: "./data",
  };
  assert.equal(fileNamesIn(settings), ["./p.ts", "./w.ts", "./q.ts", "./r.ts", "./s.ts"]);
  assert.equal(
    withPaths("rangeAt", settings.rangeAt, () => "F"),
    ["conv1/*=F", "*=lbt", "dense*=inHindsight(F)"],
  );
});

/** Files below a new directory, by path. */
const written = (files: Readonly<Record<string, string>>): string => {
  const home = scratch();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  }
  return home;
};

test("modules that are imported by absolute paths and URLs are part of a file, other files in quotes are not", () => {
  const home = written({ "constant.mjs": "export const constant = 1;", mark: "x" });
  const constant = join(home, "constant.mjs");
  const entry = join(home, "entry.mjs");
  const contents = (text: string): readonly string[] => {
    writeFileSync(entry, text);
    return Object.keys(userFile("entry.mjs", entry)?.contents ?? {});
  };
  assert.equal(contents(`import { constant } from "${constant}";`), [".", "constant.mjs"]);
  assert.equal(contents(`await import('${pathToFileURL(constant)}');`), [".", "constant.mjs"]);
  assert.equal(contents(`appendFileSync("${join(home, "mark")}", "x"); const root = "/";`), ["."]);
});

const tree = {
  "mine.ts": [
    `import { map } from "rxjs";`,
    `import a from "./a.js";`,
    `export * from './lib/b';`,
    `const c = require("./c.cjs");`,
    "const d = await import(`./folder`);",
    `const e = new URL("../beside.json", import.meta.url);`,
  ].join("\n"),
  "a.ts": `import "./mine.ts";`,
  "lib/b.mts": `import "../lib/b.mts"; import "./deep/f.ts";`,
  "lib/deep/f.ts": "",
  "c.cjs": "",
  "folder/index.ts": "",
  "unused.ts": "",
};

test("contents are those of the file and of all that it names by relative paths, in any form, also in a ring", () => {
  const home = join(written(Object.fromEntries(Object.entries(tree).map(([k, v]) => [`in/${k}`, v]))), "in");
  writeFileSync(join(home, "..", "beside.json"), "{}");
  const path = join(home, "mine.ts");
  const names = (): readonly string[] => Object.keys(userFile("./mine.ts", path)?.contents ?? {});
  assert.equal(names(), [
    ".",
    "../beside.json",
    "a.ts",
    "c.cjs",
    "folder/index.ts",
    "lib/b.mts",
    "lib/deep/f.ts",
  ]);
  const sha = (): string => contentsSha256(userFile("x", path)!);
  const before = sha();
  for (const name of ["lib/deep/f.ts", "a.ts", "../beside.json", "mine.ts"]) {
    cpSync(join(home, name), join(home, "kept"));
    writeFileSync(join(home, name), " ", { flag: "a" });
    assert.is.not(sha(), before, name);
    renameSync(join(home, "kept"), join(home, name));
    assert.is(sha(), before, name);
  }
  writeFileSync(join(home, "unused.ts"), "changed");
  assert.is(sha(), before);
});

/** Files with one that imports `specifier`, and names of what is part of it. */
const partsWith = (
  files: Readonly<Record<string, string>>,
  specifier: string,
  { entry = "in/mine.ts", statement = `export * from "${specifier}";` } = {},
): readonly string[] => {
  const home = written({ ...files, [entry]: statement });
  return Object.keys(userFile(entry, join(home, entry))?.contents ?? {}).slice(1);
};

test("what the loader finds for an import is part of a file: indices, queries, escapes, and names of a package.json", () => {
  const index = { "in/index.ts": "" };
  assert.equal(partsWith(index, "."), ["index.ts"]);
  assert.equal(partsWith({ "index.ts": "" }, ".."), ["../index.ts"]);
  assert.equal(partsWith(index, "./index.ts?v=1"), ["index.ts"]);
  assert.equal(partsWith(index, "./index.ts#part"), ["index.ts"]);
  assert.equal(partsWith({ "in/a b.ts": "" }, "./a%20b.ts"), ["a b.ts"]);
  assert.equal(partsWith({ "in/deep/a.tsx": "" }, "./deep/a"), ["deep/a.tsx"]);
  const main = { "in/sub/package.json": '{ "main": "./lib.js" }', "in/sub/lib.js": 'require("./deep")' };
  assert.equal(partsWith({ ...main, "in/sub/deep.js": "" }, "./sub"), [
    "sub/deep.js",
    "sub/lib.js",
    "sub/package.json",
  ]);
  const names =
    '{ "name": "mine", "imports": { "#g": "./lib/g.ts", "#l/*": "./lib/*.ts" }, "exports": { "./g": "./lib/g.ts" } }';
  for (const specifier of ["#g", "#l/g", "mine/g"])
    assert.equal(
      partsWith({ "package.json": names, "lib/g.ts": "", "lib/h.ts": "" }, specifier),
      ["../lib/g.ts", "../package.json"],
      specifier,
    );
});

test("they are found in every form of an import, and in modules that are imported themselves", () => {
  for (const statement of [
    'import "..";',
    "import * as all from '..';",
    'await import(/* webpackIgnore: true */ "..");',
    'const all = require("..");',
    'export { a }\n  from\n  // above\n  "..";',
    'import all = require("..");',
  ])
    assert.equal(partsWith({ "index.ts": "" }, "..", { statement }), ["../index.ts"], statement);
  assert.equal(partsWith({ "in/a.ts": 'import "..";', "index.ts": "" }, "./a"), ["../index.ts", "a.ts"]);
});

test("names with quotes of another kind in them are found, and names within other quotes", () => {
  const files = { "it's.ts": "", "a`b.ts": "", "c.ts": "" };
  const home = written({
    ...files,
    "mine.ts": `import "./it's.ts"; import './a\`b.ts'; const said = "./run './c.ts'";`,
  });
  const { contents } = userFile("x", join(home, "mine.ts"))!;
  assert.equal(Object.keys(contents), [".", "a`b.ts", "c.ts", "it's.ts"]);
});

test("escapes in names stand for what they mean", () => {
  const files = { "it's.ts": "", "\u00fc.ts": "", "c.ts": "" };
  const imports = ["import './it\\'s.ts';", 'import "./\\u00fc.ts";', 'await import("./\\x63.ts");'];
  for (const statement of [imports.join(" "), imports.join(" ").replace("u00fc", "u{fc}")]) {
    const home = written({ ...files, "mine.ts": statement });
    const { contents } = userFile("x", join(home, "mine.ts"))!;
    assert.equal(Object.keys(contents), [".", "c.ts", "it's.ts", "\u00fc.ts"], statement);
  }
});

test("imports of a module behind a link are those that the loader finds from its real place", () => {
  const files = {
    "mine.ts": 'import "./lib/rate.ts"; import "./linked.ts";',
    "other.ts": "not executed",
    "real/lib/rate.ts": 'import "../other.ts"; import "./near.ts";',
    "real/lib/near.ts": "",
    "real/other.ts": "",
    "real/linked.ts": 'import "./other.ts";',
  };
  const home = written(
    Object.fromEntries(Object.entries(files).map(([name, text]) => [`work/${name}`, text])),
  );
  const work = join(home, "work");
  symlinkSync("real/lib", join(work, "lib"));
  symlinkSync("real/linked.ts", join(work, "linked.ts"));
  const keys = [".", "lib/near.ts", "lib/rate.ts", "linked.ts", "real/other.ts"];
  const contents = (dir: string) => userFile("mine.ts", join(dir, "mine.ts"))!.contents;
  assert.equal(Object.keys(contents(work)), keys);
  // The whole place by a link, as a home directory may be.
  symlinkSync("work", join(home, "alias"));
  assert.equal(contents(join(home, "alias")), contents(work));
  // Node follows a link to the module that is named; the loader of TypeScript does not.
  mkdirSync(join(home, "sub"));
  writeFileSync(join(work, "entry.mjs"), 'import "./near.mjs";');
  for (const dir of ["work", "sub"]) writeFileSync(join(home, dir, "near.mjs"), `"${dir}"`);
  for (const [end, near] of [
    ["mjs", "../work/near.mjs"],
    ["ts", "near.mjs"],
  ] as const) {
    const path = join(home, "sub", `entry.${end}`);
    symlinkSync("../work/entry.mjs", path);
    assert.equal(Object.keys(userFile("entry", path)!.contents).toSorted(), [".", near].toSorted());
  }
});

test("a named file may be of any size", () => {
  const home = written({ "mine.ts": 'const data = "./data.bin";', "data.bin": "" });
  const path = join(home, "mine.ts");
  const sha = (): string => contentsSha256(userFile("x", path)!);
  const empty = sha();
  truncateSync(join(home, "data.bin"), 2 ** 29 + 1);
  assert.is.not(sha(), empty);
  assert.equal([...movableCode(path).keys()], [path]);
});

test("a point in quotes is no import, and neither installed packages nor the manifest beside an index are part of a file", () => {
  const index = { "in/index.ts": "", "index.ts": "" };
  for (const statement of ['"a.b".split(".");', 'Array.from("..");', 'const [dir = "."] = [];'])
    assert.equal(partsWith(index, "", { statement }), [], statement);
  const installed = {
    "package.json": '{ "name": "mine", "imports": { "#r": "there" } }',
    "node_modules/there/package.json": '{ "main": "there.js" }',
    "node_modules/there/there.js": "",
  };
  for (const specifier of ["#r", "there", "rxjs", "node:fs", "rangeflow"])
    assert.equal(partsWith(installed, specifier), [], specifier);
  assert.equal(partsWith({ "in/sub/package.json": '{ "type": "module" }', "in/sub/index.ts": "" }, "./sub"), [
    "sub/index.ts",
  ]);
});

test("where a file lies and what it is called does not count, and what is no file is none", () => {
  const home = written({ "one/mine.ts": "export default 1;", "two/other.ts": "export default 1;" });
  const [one, two] = ["one/mine.ts", "two/other.ts"].map((name) => userFile(name, join(home, name))!);
  assert.is(contentsSha256(one!), contentsSha256(two!));
  assert.match(hashedName(one!), /^mine\.ts-[0-9a-f]{8}$/);
  assert.is(userFile("none", join(home, "none.ts")), undefined);
  assert.is(userFile("one", join(home, "one")), undefined);
});

test.run();
