/**
 * @file Compiles the AssemblyScript of this folder and writes it, as base64, to `../wasm.ts`, so that the engine needs no file at
 * run time. Skips the work when `../wasm.ts` was made from the same sources.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const target = fileURLToPath(new URL("../wasm.ts", import.meta.url));

const names = readdirSync(here)
  .filter((name) => name.endsWith(".ts"))
  .sort();
const sources = new Map(names.map((name) => [name, readFileSync(here + name, "utf8")]));
const hash = createHash("sha256");
for (const text of [readFileSync(fileURLToPath(import.meta.url), "utf8"), ...sources.values()])
  hash.update(text);
const mark = `// sources ${hash.digest("hex")}\n`;

const upToDate = existsSync(target) && readFileSync(target, "utf8").startsWith(mark);

if (!upToDate) {
  const { default: asc } = await import("assemblyscript/asc");
  const written = new Map();
  const flags = "-O3 --noAssert --runtime stub --importMemory --enable simd --use abort= --outFile out.wasm";
  const { error, stderr } = await asc.main(["index.ts", ...flags.split(" ")], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  });
  if (error) {
    process.stderr.write(`${stderr}\n${error.message}\n`);
    process.exit(1);
  }
  const bytes = Buffer.from(written.get("out.wasm"));
  writeFileSync(
    target,
    `${mark}/** The kernels of \`assembly/\`, compiled by \`assembly/build.mjs\`: ${bytes.length} bytes. */\nexport const wasmBase64 =\n  "${bytes.toString("base64")}";\n`,
  );
  process.stdout.write(`core/kernels/simd/wasm.ts: ${bytes.length} bytes of WebAssembly\n`);
}
