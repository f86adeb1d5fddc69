/** @file The shape of the house: who may import whom, and how large a room may be. Read from the import lines themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const test = suite("architecture");

const floors = ["core", "quantizers", "operators", "models", "pipelines"];
const mostLines = 300;

const under = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file)));

const isSource = (file: string): boolean => /\.(ts|mts|mjs|js)$/.test(file) && !file.endsWith(".d.ts");

/** Generated, so not for reading; biome.json leaves it out as well. */
const isGenerated = (file: string): boolean => file === "core/kernels/simd/wasm.ts";

const sources = floors
  .flatMap(under)
  .filter(isSource)
  .filter((file) => !isGenerated(file));

/** What the static and dynamic imports and the re-exports of a file name. */
const importsOf = (file: string): readonly string[] =>
  [...readFileSync(file, "utf8").matchAll(/(?:^|[\s;])(?:import|export)\b[^;"'`]*?["']([^"'\n]+)["']/g)].map(
    ([, specifier]) => specifier as string,
  );

const isRelative = (specifier: string): boolean => specifier.startsWith(".");
const target = (file: string, specifier: string): string => relative(".", join(dirname(file), specifier));
const floorOf = (file: string): number => floors.indexOf(file.split("/")[0] as string);

const graph = new Map(
  sources.map((file) => [
    file,
    importsOf(file)
      .filter(isRelative)
      .map((specifier) => target(file, specifier)),
  ]),
);

/** The first way from a file back to itself. */
const cycle = (): readonly string[] | undefined => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const next of graph.get(file) ?? []) {
      const found = visit(next, [...path, file]);
      if (found) return found;
    }
    done.add(file);
    return undefined;
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found) return found;
  }
  return undefined;
};

test("the files are found, and so are their imports", () => {
  assert.ok(graph.get("operators/conv2d.ts")?.includes("core/pass.ts"));
  assert.ok(graph.get("core/index.ts")?.includes("core/random.ts"));
});

test("imports point down only: core <- quantizers <- operators <- models <- pipelines", () => {
  const upward = [...graph].flatMap(([file, targets]) =>
    targets.filter((to) => floorOf(to) > floorOf(file)).map((to) => `${file} imports ${to}`),
  );
  assert.equal(upward, []);
});

test("nothing imports a spec, or anything else outside the five folders", () => {
  const outward = [...graph].flatMap(([file, targets]) =>
    targets.filter((to) => floorOf(to) === -1).map((to) => `${file} imports ${to}`),
  );
  assert.equal(outward, []);
});

test("no file imports itself by a detour", () => {
  assert.is(cycle()?.join(" -> "), undefined);
});

test("only pipelines reaches for node, its files and its process; build scripts are not part of the library", () => {
  const reaching = sources
    .filter((file) => !file.startsWith("pipelines/") && !file.endsWith("build.mjs"))
    .filter(
      (file) =>
        importsOf(file).some((specifier) => specifier.startsWith("node:")) ||
        /\b(process\.|Date\.now|performance\.now|Math\.random|setTimeout|document\.|localStorage)/.test(
          readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, ""),
        ),
    );
  assert.equal(reaching, []);
});

test(`no file is longer than ${mostLines} lines`, () => {
  const long = [
    ...sources,
    ...under("spec")
      .filter((file) => !file.includes("node_modules"))
      .filter(isSource),
  ]
    .map((file) => ({ file, lines: readFileSync(file, "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > mostLines)
    .map(({ file, lines }) => `${file}: ${lines} lines`);
  assert.equal(long, []);
});

test("kernels write only to memory of their own instance: `memory.data` holds constants, `table` is for the rest", () => {
  const written = under("core/kernels/simd/assembly").filter((file) =>
    /memory\.data\(/.test(readFileSync(file, "utf8")),
  );
  assert.equal(written, []);
});

test("every folder has a table of contents that leaves none of its files out", () => {
  const isInside = (file: string): boolean =>
    ["branch", "checkSite", "convolve", "kept", "answers", "splitGradient", "weightSite"].some(
      (name) => file === `operators/${name}.ts`,
    );
  const missing = ["quantizers", "operators"].flatMap((folder) =>
    sources.filter(
      (file) =>
        dirname(file) === folder &&
        file !== `${folder}/index.ts` &&
        !isInside(file) &&
        !graph.get(`${folder}/index.ts`)?.includes(file),
    ),
  );
  assert.equal(missing, []);
});

test.run();
