/** @file Every page that code or pages name is in this repository, and has the section that they cite; every link leads somewhere. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("citations and links");

const folders = [
  "core",
  "quantizers",
  "operators",
  "models",
  "pipelines",
  "spec",
  "docs",
  "examples",
  "python",
  ".github",
];
const types = [".ts", ".mjs", ".py", ".md", ".yml"];

/** Paths of sources and pages, below the root of the repository. */
const files = [
  ...readdirSync(".").filter((name) => extname(name) === ".md"),
  ...folders.filter(existsSync).flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((name) => join(folder, String(name)))
      .filter(
        (name) =>
          types.includes(extname(name)) &&
          !name.includes("node_modules") &&
          !name.endsWith("_pb.ts") &&
          basename(name) !== "citations.spec.ts",
      ),
  ),
];
const texts = files.map((file) => [file, readFileSync(file, "utf8")] as const);
const pages = texts.filter(([file]) => extname(file) === ".md");

/** Headings as fragments of addresses, as the pages of a repository make them. */
const fragmentsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );

test("a page that is named exists", () => {
  const named = texts.flatMap(([file, text]) =>
    [...text.matchAll(/(?<![\w/:*.`{}$-])((?:docs\/)?[\w-]+\.md)\b/g)].map(([, page]) => ({
      file,
      page: page!,
    })),
  );
  // FILE.md stands for any page, page.md for one that a spec writes.
  const missing = named.filter(
    ({ file, page }) =>
      !["FILE.md", "page.md"].includes(page) && !existsSync(page) && !existsSync(join(dirname(file), page)),
  );
  assert.equal(missing, []);
  assert.ok(named.length > 50, `${named.length} pages are named`);
});

test("a section of the formula sheet that is cited exists", () => {
  const sheet = readFileSync("docs/methods.md", "utf8");
  const sections = new Set([...sheet.matchAll(/^#+ (\d+[a-z]?(?:\.\d+)?)/gm)].map(([, number]) => number!));
  const cited = texts.flatMap(([file, text]) =>
    [
      ...text.matchAll(/methods\.md,? (?:sections? )?(\d+[a-z]?(?:\.\d+)?)(?: and (\d+[a-z]?(?:\.\d+)?))?/g),
    ].flatMap(([, first, second]) =>
      [first!, ...(second ? [second] : [])].map((section) => ({ file, section })),
    ),
  );
  assert.equal(
    cited.filter(({ section }) => !sections.has(section)),
    [],
  );
  assert.ok(cited.length > 30, `${cited.length} sections are cited`);
});

test("a link leads to a file, and to a heading in it", () => {
  const links = pages.flatMap(([file, text]) =>
    [...text.replace(/```[\s\S]*?```/g, "").matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [path = "", fragment] = target.split("#");
        return { file, path: path === "" ? file : join(dirname(file), path), fragment };
      }),
  );
  const broken = links.filter(
    ({ path, fragment }) =>
      !existsSync(path) ||
      (fragment !== undefined && !fragmentsOf(readFileSync(path, "utf8")).includes(fragment)),
  );
  assert.equal(broken, []);
  assert.ok(links.length >= 10, `${links.length} links`);
});

test("nothing cites what stands outside the repository", () => {
  const outside = texts.filter(([, text]) =>
    /design\.md|formats\.md|style\.md|users\.md|design notes/.test(text),
  );
  assert.equal(
    outside.map(([file]) => file),
    [],
  );
});

test.run();
