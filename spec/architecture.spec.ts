/** @file The shape of the house: who may import whom, and how large a room may be. Read from the import lines themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { engineNames } from "../core/engines/registry.ts";

const test = suite("architecture");

const floors = ["core", "quantizers", "operators", "models", "pipelines"];
const mostLines = 300;

const under = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true }).map((file) => join(folder, String(file)));

const isSource = (file: string): boolean => /\.(ts|mts|mjs|js)$/.test(file) && !file.endsWith(".d.ts");

/** Generated, so not for reading; biome.json leaves it out as well. */
const isGenerated = (file: string): boolean =>
  file === "core/engines/simd/wasm.ts" || file.endsWith("_pb.ts");

const sources = floors
  .flatMap(under)
  .filter(isSource)
  .filter((file) => !isGenerated(file));

/** Files that the static and dynamic imports and the re-exports of a file name. */
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

/** The first way from a place back to itself. */
const cycleIn = (graph: ReadonlyMap<string, Iterable<string>>): readonly string[] | undefined => {
  const done = new Set<string>();
  const visit = (place: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(place)) return [...path.slice(path.indexOf(place)), place];
    if (done.has(place)) return undefined;
    for (const next of graph.get(place) ?? []) {
      const found = visit(next, [...path, place]);
      if (found) return found;
    }
    done.add(place);
    return undefined;
  };
  for (const place of graph.keys()) {
    const found = visit(place, []);
    if (found) return found;
  }
  return undefined;
};

test("the files are found, and so are their imports", () => {
  assert.ok(graph.get("operators/layers/conv2d.ts")?.includes("core/expr.ts"));
  assert.ok(graph.get("core/index.ts")?.includes("core/random.ts"));
});

test("imports point down only: core <- quantizers <- operators <- models <- pipelines", () => {
  const upward = [...graph].flatMap(([file, targets]) =>
    targets.filter((to) => floorOf(to) > floorOf(file)).map((to) => `${file} imports ${to}`),
  );
  assert.equal(upward, []);
});

test("core is types and laws: of what stands above the engines, only pipelines imports any", () => {
  const isEngine = (file: string): boolean => file.startsWith("core/engines/");
  const users = [...graph].flatMap(([file, targets]) =>
    isEngine(file) || floorOf(file) === floors.indexOf("pipelines")
      ? []
      : targets.filter(isEngine).map((to) => `${file} imports ${to}`),
  );
  assert.equal(users, []);
});

test("the registry knows the engine of every folder", () => {
  const folders = under("core/engines")
    .map((file) => file.match(/^core\/engines\/(\w+)\/entry\.ts$/)?.[1])
    .filter((name) => name !== undefined);
  assert.ok(folders.length > 2);
  assert.equal(folders.toSorted(), engineNames.toSorted());
});

test("nothing imports a spec, or anything else outside the five folders", () => {
  const outward = [...graph].flatMap(([file, targets]) =>
    targets.filter((to) => floorOf(to) === -1).map((to) => `${file} imports ${to}`),
  );
  assert.equal(outward, []);
});

test("no file imports itself by a detour", () => {
  assert.is(cycleIn(graph)?.join(" -> "), undefined);
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

test("what decides the bits of a run calls no function that each machine rounds in its own way", () => {
  const decides =
    /^(core|quantizers|operators|models|pipelines\/(data|inference|runs|experiments|recipes))\//;
  const isRounded =
    /\bMath\.(a?(sin|cos|tan)h?|atan2|exp|expm1|log|log1p|log2|log10|pow|cbrt|hypot)\b|(?<!\b2) \*\*(?!\/)/;
  const rounded = sources
    .filter((file) => decides.test(file) && !file.startsWith("core/engines/simd/assembly/"))
    .flatMap((file) =>
      readFileSync(file, "utf8")
        .replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "")
        .split("\n")
        .filter((line) => isRounded.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    );
  assert.equal(rounded, [
    "core/powers.ts: if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return Math.log2(x);",
  ]);
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
  const written = under("core/engines/simd/assembly").filter((file) =>
    /memory\.data\(/.test(readFileSync(file, "utf8")),
  );
  assert.equal(written, []);
});

/** The room a file is in: its folder; a file at the entrance of a floor is a room of its own. */
const roomOf = (file: string): string => (dirname(file).includes("/") ? dirname(file) : file);

test("rooms of a floor import one way only", () => {
  const doors = new Map<string, Set<string>>();
  for (const [file, targets] of graph)
    for (const to of targets)
      if (roomOf(to) !== roomOf(file))
        doors.set(roomOf(file), (doors.get(roomOf(file)) ?? new Set()).add(roomOf(to)));
  assert.is(cycleIn(doors)?.join(" -> "), undefined);
});

test("every room of quantizers and operators has a table of contents that leaves none of its files out", () => {
  const inside = [
    "module/admission",
    "module/branch",
    "module/idleFor",
    "module/noted",
    "module/probe",
    "layers/convolution",
    "layers/inBlocks",
    "layers/moments",
    "layers/multiply",
    "layers/scratch",
    "layers/setNormalization",
    "step/given",
    "taps/savedAside",
    "training/probedRule",
  ];
  const ofSites = [
    "blockCoding",
    "channelErrors",
    "channelWeights",
    "checkSite",
    "coding",
    "foreign",
    "givenRange",
    "measurableStat",
    "openEstimator",
    "projectedCoding",
    "projecting",
    "rangeQueue",
    "rangeSource",
    "replayedPast",
    "replayRange",
    "secondPass",
    "storedCoding",
    "splitGradient",
    "straightThrough",
    "tellingUndeclared",
    "uniformCoding",
    "weightSite",
  ].map((name) => `sites/${name}`);
  const isInside = (file: string): boolean =>
    [...inside, ...ofSites].some((name) => file === `operators/${name}.ts`);
  const missing = sources.filter(
    (file) =>
      /^(quantizers|operators)\//.test(file) &&
      !file.endsWith("/index.ts") &&
      !isInside(file) &&
      !graph.get(`${dirname(file)}/index.ts`)?.includes(file),
  );
  assert.equal(missing, []);
});

test("a method touches two places: its own file, and a line in the contents of its room", () => {
  const entry =
    /^export const (\w+(?:Entry|Combinator)) = (?:estimator|combinator|projection|learned|transform|quantizer)Entry\(/gm;
  const code = (file: string): string => readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  const texts = new Map(sources.map((file) => [file, code(file)]));
  const methods = [...texts]
    .filter(([file]) => /^quantizers\/(estimators|grids|projections|learned)\//.test(file))
    .flatMap(([file, text]) => [...text.matchAll(entry)].map(([, name]) => ({ file, name: name as string })));
  assert.ok(methods.length >= 36, `${methods.length} methods`);
  for (const { file, name } of methods) {
    const naming = [...texts].filter(([, text]) => new RegExp(`\\b${name}\\b`).test(text)).map(([of]) => of);
    const registering = naming.filter((of) => !of.startsWith("pipelines/recipes/"));
    assert.equal(registering, [file], name);
    const contents = texts.get(`${dirname(file)}/index.ts`) ?? "";
    assert.is(contents.split(`"./${relative(dirname(file), file)}"`).length, 2, name);
  }
});

test.run();
