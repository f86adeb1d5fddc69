/**
 * @file Compiles the AssemblyScript of this folder and writes it, as base64, to `../wasm.ts`, so that the engine needs no file at
 * run time: the kernels, the same with relaxed SIMD, and the probe that decides between them. Skips the work when `../wasm.ts`
 * was made from the same sources.
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

/** Compiles `entry` with what is imported from it. */
const compiled = async (entry, features) => {
  const { default: asc } = await import("assemblyscript/asc");
  const written = new Map();
  const flags = `-O3 --noAssert --maximumMemory 65536 --runtime stub --enable ${features} --use abort= --outFile out.wasm`;
  const { error, stderr } = await asc.main([entry, ...flags.split(" ")], {
    readFile: (name) => sources.get(name) ?? null,
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  });
  if (error) {
    process.stderr.write(`${stderr}\n${error.message}\n`);
    process.exit(1);
  }
  return Buffer.from(written.get("out.wasm"));
};

const exported = (name, what, bytes) =>
  `/** ${what}, compiled by \`assembly/build.mjs\`: ${bytes.length} bytes. */\nexport const ${name}: string =\n  "${bytes.toString("base64")}";\n`;

if (!upToDate) {
  const plain = await compiled("index.ts", "simd --importMemory");
  const relaxed = await compiled("index.ts", "simd,relaxed-simd --importMemory");
  const probe = await compiled("probe.ts", "simd,relaxed-simd");
  writeFileSync(
    target,
    [
      mark,
      exported("wasmBase64", "The kernels of `assembly/`", plain),
      exported("relaxedWasmBase64", "The same with relaxed SIMD", relaxed),
      exported("probeWasmBase64", "WebAssembly that finds out what relaxed SIMD means here", probe),
    ].join(""),
  );
  const sizes = [plain, relaxed, probe].map(({ length }) => length).join(" + ");
  process.stdout.write(`core/engines/simd/wasm.ts: ${sizes} bytes of WebAssembly\n`);
}
