/** @file The published declarations, as a TypeScript sees them that knows neither a DOM nor Node. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./pipelines/files/scratch.ts";

const test = suite("declarations");
const home = scratch();

/** What the compiler says of files for which there are no types but those that they bring along. */
const compiled = (files: readonly string[], options: object, ...flags: readonly string[]) => {
  const project = {
    extends: resolve("spec/consumer/tsconfig.json"),
    compilerOptions: { types: [], noEmit: true, rootDir: "/", ...options },
    files,
    include: [],
  };
  writeFileSync(join(home, "tsconfig.json"), JSON.stringify(project));
  const compiler = resolve("node_modules/typescript/bin/tsc");
  return spawnSync(process.execPath, [compiler, "-p", home, ...flags], { encoding: "utf8" });
};

/** What it finds wrong with them. */
const problemsOf = (files: readonly string[], options: object = {}): string => {
  const { stdout, status } = compiled(files, options);
  return status === 0 ? stdout : stdout || `exit code ${status}`;
};

test("every entrance compiles without skipLibCheck, without a DOM and without the types of Node", () => {
  // RxJS itself asks what setTimeout gives.
  const ambient = join(home, "ambient.d.ts");
  writeFileSync(ambient, "declare function setTimeout(f: () => void): number;\n");
  assert.is(problemsOf([ambient, resolve("spec/consumer/everything.ts")]), "");
});

test("that of charts compiles with a DOM; declarations of Plot itself are left unchecked, since they do not pass", () =>
  assert.is(
    problemsOf([resolve("spec/consumer/charts.ts")], { lib: ["ES2022", "DOM"], skipLibCheck: true }),
    "",
  ));

/** Files with declarations that the entrances lead to, those of other packages among them. */
const declarationsRead = (): readonly string[] => {
  const entrances = ["everything", "charts"].map((name) => resolve(`spec/consumer/${name}.ts`));
  const { stdout } = compiled(entrances, { lib: ["ES2022", "DOM"] }, "--listFilesOnly");
  return stdout.split("\n").filter((file) => /\.d\.[cm]?ts$/.test(file));
};

/** Our declarations that the entrances lead to. */
const reached = (): readonly string[] =>
  declarationsRead().filter((file) => file.startsWith(resolve("dist")));

test("no entrance leads to declarations of @bufbuild/protobuf, which TypeScript 5.4 does not understand", () => {
  const read = declarationsRead();
  assert.ok(read.some((file) => file.includes("node_modules/rxjs/")));
  assert.equal(
    read.filter((file) => file.includes("@bufbuild")),
    [],
  );
});

test("no entrance leads to a declaration that names a package which may be missing", () => {
  const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8"));
  const optional = Object.keys(peerDependencies);
  assert.ok(optional.includes("bullmq"));
  const naming = reached().filter((file) => {
    const text = readFileSync(file, "utf8");
    return optional.some((name) => text.includes(`from "${name}"`) || text.includes(`import("${name}")`));
  });
  assert.equal(
    naming.map((file) => relative(".", file)),
    [],
  );
});

test("no entrance leads to a declaration of a typed array with a type of its buffer, which TypeScript 5.4 does not know", () => {
  const declarations = reached();
  assert.ok(declarations.length > 100, `${declarations.length} declarations`);
  const telling = declarations.filter((file) =>
    /\b(Float|Int|Uint|BigInt|BigUint)\d+(Clamped)?Array</.test(readFileSync(file, "utf8")),
  );
  assert.equal(
    telling.map((file) => relative(".", file)),
    [],
  );
});

test.run();
