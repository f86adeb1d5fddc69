/** @file C networks compiled by the C compiler of this machine, and what they make of images. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CNetwork } from "../../../pipelines/c/cNetwork.ts";

/** C compilers that this machine has. */
export const compilers = ["gcc", "clang"].filter((name) => spawnSync(name, ["--version"]).status === 0);

/** What a network has to pass without a word. */
export const strictFlags = [
  ...["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wsign-conversion"],
  ...["-Wshadow", "-Wcast-align", "-Wcast-qual", "-Wmissing-prototypes", "-Wundef", "-Wdouble-promotion"],
];

/** The bytes of numbers, which tell zeros of both signs apart. */
export const bytesOf = (x: Float32Array | Int8Array): Uint8Array =>
  new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Functions of a network that take an image, and the type of its elements. */
const entries = { run: "float", run_codes: "int8_t", run_pixels: "uint8_t" } as const;

/** Reads images from a file, and writes the codes of every site and the outputs of each, one after another. */
const mainText = (entry: keyof typeof entries): string => `
#include <stdio.h>
#include "net.h"
static FILE *file;
void net_trace(int32_t site, const int8_t *codes, int32_t count);
void net_trace(int32_t site, const int8_t *codes, int32_t count)
{
    fwrite(&site, sizeof site, 1, file);
    fwrite(&count, sizeof count, 1, file);
    fwrite(codes, 1, (size_t)count, file);
}
int main(int argc, char **argv)
{
    static ${entries[entry]} image[NET_IMAGE_SIZE];
    static float outputs[NET_OUTPUTS];
    FILE *images = fopen(argv[argc - 2], "rb");
    file = fopen(argv[argc - 1], "wb");
    while (fread(image, sizeof image, 1, images) == 1) {
        const int32_t end = -1;
        net_${entry}(image, outputs);
        fwrite(&end, sizeof end, 1, file);
        fwrite(outputs, sizeof outputs, 1, file);
    }
    fclose(images);
    return fclose(file);
}
`;

/** What a network made of one image. */
export interface RunOfC {
  /** Codes by the number of their site. */
  readonly codes: ReadonlyMap<number, Int8Array>;
  readonly outputs: Float32Array;
}

const runsIn = (bytes: Buffer, outputs: number): readonly RunOfC[] => {
  const runs: RunOfC[] = [];
  let codes = new Map<number, Int8Array>();
  for (let at = 0; at < bytes.length; ) {
    const site = bytes.readInt32LE(at);
    if (site === -1) {
      const end = at + 4 + 4 * outputs;
      runs.push({ codes, outputs: new Float32Array(Uint8Array.from(bytes.subarray(at + 4, end)).buffer) });
      codes = new Map();
      at = end;
    } else {
      const count = bytes.readInt32LE(at + 4);
      codes.set(site, Int8Array.from(new Int8Array(bytes.buffer, bytes.byteOffset + at + 8, count)));
      at += 8 + count;
    }
  }
  return runs;
};

export interface CompileOptions {
  /** Flags of the compiler beside the strict ones. */
  readonly flags?: readonly string[];
  /** The function that takes the images. */
  readonly entry?: keyof typeof entries;
  /** Whether codes are told; otherwise the network is compiled as its users do, and there are outputs alone. */
  readonly isTraced?: boolean;
}

/**
 * Compiles a network of the prefix `net` into a directory, with every warning an error, and runs it on images.
 */
export const runCompiled = (
  compiler: string,
  { header, source }: CNetwork,
  images: readonly (Float32Array | Int8Array | Uint8Array)[],
  dir: string,
  { flags = ["-O2"], entry = "run", isTraced = true }: CompileOptions = {},
): readonly RunOfC[] => {
  mkdirSync(dir, { recursive: true });
  const path = (name: string): string => join(dir, name);
  writeFileSync(path("net.h"), header);
  writeFileSync(path("net.c"), source);
  writeFileSync(path("main.c"), mainText(entry));
  const compile = (...args: readonly string[]) => execFileSync(compiler, args, { cwd: dir, stdio: "pipe" });
  compile(...strictFlags, ...flags, "-fsyntax-only", "net.c");
  compile(...strictFlags, ...flags, ...(isTraced ? ["-DNET_TRACE"] : []), "-c", "net.c", "-o", "net.o");
  compile("-std=c11", "main.c", "net.o", "-o", "main");
  writeFileSync(path("images"), Buffer.concat(images.map((image) => Buffer.from(image.buffer))));
  execFileSync(path("main"), [path("images"), path("found")]);
  return runsIn(readFileSync(path("found")), Number(/define NET_OUTPUTS (\d+)/.exec(header)?.[1]));
};
