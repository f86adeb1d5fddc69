/** @file Mutants of the files of runs: one thing done to one file, in half of the kinds under checksums that are right again. */
import { createHash } from "node:crypto";
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Numbers from 0 to 1, the same for the same seed. */
export const randomOf = (seed) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
};

export const sha = (bytes, digits) => createHash("sha256").update(bytes).digest("hex").slice(0, digits);

const extremes = [0, 1, 0x7f, 0x80, 0xff];

/** A copy of some bytes with one thing done to it, between `from` and `to`. */
const mutated = (bytes, random, from = 0, to = bytes.length) => {
  const below = (n) => Math.floor(random() * n);
  const at = from + below(Math.max(1, to - from));
  const length = 1 + below(Math.min(8, Math.max(1, to - at)));
  const copy = Buffer.from(bytes);
  const kind = below(7);
  if (kind === 0) copy[at] ^= 1 << below(8);
  else if (kind === 1) copy.fill(extremes[below(extremes.length)], at, at + length);
  else if (kind === 2) for (let i = at; i < at + length; i++) copy[i] = below(256);
  else if (kind === 3)
    copy.writeUInt32LE(
      [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1][below(5)],
      Math.min(at, Math.max(0, copy.length - 4)),
    );
  else if (kind === 4) return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
  else if (kind === 5)
    return Buffer.concat([copy.subarray(0, at), copy.subarray(at, at + length), copy.subarray(at)]);
  else return copy.subarray(0, at);
  return copy;
};

/** A safetensors file whose checksum is right. */
const resignedCheckpoint = (bytes) => {
  const at = 8 + '{"__metadata__":{"sha256":"'.length;
  if (bytes.length < at + 64) return bytes;
  const copy = Buffer.from(bytes);
  copy.fill("0", at, at + 64);
  copy.write(sha(copy, 64), at);
  return copy;
};

const lineOf = (offset, chunk) => {
  const text = `${String(offset).padStart(12, "0")} ${String(chunk.length).padStart(10, "0")} ${sha(chunk, 16)}`;
  return `${text} ${sha(text, 8)}\n`;
};

/** The pieces of a segment, by its sums. */
const chunksOf = (data, sums) =>
  sums
    .toString("latin1")
    .trim()
    .split("\n")
    .map((line) =>
      data.subarray(Number(line.slice(0, 12)), Number(line.slice(0, 12)) + Number(line.slice(13, 23))),
    );

/** Does one thing to one file of a run; what was done, and whether its checksums are right again. */
export const mutate = (dir, random) => {
  const below = (n) => Math.floor(random() * n);
  const ranges = join(dir, "ranges");
  const segments = readdirSync(ranges).filter((name) => name.endsWith(".arrows"));
  const segment = join(ranges, segments[below(segments.length)]);
  const sums = segment.replace(/arrows$/, "sums");
  const kinds = [
    "checkpoint",
    "header",
    "resigned header",
    "resigned chunk",
    "resigned json",
    "segment",
    "sums",
    "resigned segment",
    "done",
    "resigned done",
    "lock",
    "whole file",
  ];
  const kind = kinds[below(kinds.length)];
  const checkpoint = join(dir, "checkpoint.safetensors");
  const change = (path, act) => writeFileSync(path, act(readFileSync(path)));
  switch (kind) {
    case "checkpoint":
      change(checkpoint, (bytes) => mutated(bytes, random));
      break;
    case "header":
      change(checkpoint, (bytes) => mutated(bytes, random, 0, 400));
      break;
    case "resigned header":
      change(checkpoint, (bytes) =>
        resignedCheckpoint(mutated(bytes, random, 0, Number(bytes.readBigUInt64LE(0)))),
      );
      break;
    case "resigned chunk":
      change(checkpoint, (bytes) => resignedCheckpoint(mutated(bytes, random)));
      break;
    case "resigned json":
      change(checkpoint, (bytes) => {
        const text = bytes.toString("latin1");
        const numbers = [...text.slice(0, Number(bytes.readBigUInt64LE(0))).matchAll(/\d+/g)].filter(
          ({ index }) => index > 110,
        );
        const { 0: old, index } = numbers[below(numbers.length)];
        const other = ["-1", "1e308", "1e999", "0.5", '"x"', "null", "[]", "9007199254740993", "4294967296"][
          below(9)
        ];
        const changed = Buffer.from(
          text.slice(0, index) + other.padEnd(old.length) + text.slice(index + old.length),
          "latin1",
        );
        changed.writeBigUInt64LE(bytes.readBigUInt64LE(0) + BigInt(changed.length - bytes.length), 0);
        return resignedCheckpoint(changed);
      });
      break;
    case "segment":
      change(segment, (bytes) => mutated(bytes, random));
      break;
    case "sums":
      change(sums, (bytes) => mutated(bytes, random));
      break;
    case "resigned segment": {
      const chunks = chunksOf(readFileSync(segment), readFileSync(sums));
      const i = below(chunks.length);
      const next = chunks.map((chunk, j) => (i === j ? mutated(chunk, random) : Buffer.from(chunk)));
      const starts = next.map((_, j) => next.slice(0, j).reduce((sum, { length }) => sum + length, 0));
      writeFileSync(segment, Buffer.concat(next));
      writeFileSync(sums, next.map((chunk, j) => lineOf(starts[j], chunk)).join(""));
      break;
    }
    case "done":
    case "resigned done": {
      const path = join(dir, "done.json");
      if (!readdirSync(dir).includes("done.json")) return `no ${kind}`;
      change(path, (bytes) => mutated(bytes, random));
      if (kind === "done") break;
      try {
        const { sha256: _, ...value } = JSON.parse(readFileSync(path, "utf8"));
        writeFileSync(path, JSON.stringify({ ...value, sha256: sha(JSON.stringify(value), 64) }));
      } catch {
        return "done";
      }
      break;
    }
    case "lock": {
      const path = join(dir, "lock.json");
      const lock = {
        host: "elsewhere",
        boot: "b",
        pidNamespace: "n",
        pid: 1,
        started: "1",
        token: "0123456789abcdef",
      };
      writeFileSync(path, mutated(Buffer.from(JSON.stringify(lock)), random));
      break;
    }
    default: {
      const files = [checkpoint, segment, sums];
      const [from, to] = [files[below(3)], files[below(3)]];
      if (from === to) rmSync(to);
      else copyFileSync(from, to);
    }
  }
  return kind;
};
