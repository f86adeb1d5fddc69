/** @file Bad input: sentences on standard error, exit code 2, no stack trace, and nothing left behind. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeflow as answered } from "../../../pipelines/cli/rangeflow.ts";
import { recordingOf } from "../../../pipelines/runs/runRecording.ts";
import { scratch } from "../files/scratch.ts";
import { doneOf, rangeflow, small, smallArgs } from "../runs.ts";

const test = suite("bad input");
const home = scratch();
const run = join(home, "run");
await doneOf(small, { out: run });

const file = (path: string, text: string | Uint8Array): void => writeFileSync(join(home, path), text);
const estimator = (name: string, body: string): string => {
  file(name, `import { delay, filter, ignoreElements, map, take } from "rxjs";\nexport default ${body};\n`);
  return join(home, name);
};

/** An IDX file of 28x28 images or of labels, with its big-endian header. */
const idx = (magic: number, count: number, ...sides: readonly number[]): Uint8Array => {
  const header = new DataView(new ArrayBuffer(8 + 4 * sides.length));
  for (const [i, n] of [magic, count, ...sides].entries()) header.setUint32(4 * i, n);
  const data = new Uint8Array(count * sides.reduce((product, side) => product * side, 1));
  return Buffer.concat([new Uint8Array(header.buffer), data]);
};

const mnistIn = (dir: string, change: Readonly<Record<string, Uint8Array>>): string => {
  mkdirSync(join(home, dir));
  const files = {
    "train-images-idx3-ubyte": idx(2051, 64, 28, 28),
    "train-labels-idx1-ubyte": idx(2049, 64),
    "t10k-images-idx3-ubyte": idx(2051, 16, 28, 28),
    "t10k-labels-idx1-ubyte": idx(2049, 16),
    ...change,
  };
  for (const [name, bytes] of Object.entries(files)) if (bytes.length > 0) file(join(dir, name), bytes);
  return dir;
};
const cifarIn = (dir: string, records: number): string => {
  mkdirSync(join(home, dir));
  file(join(dir, "data_batch_1.bin"), new Uint8Array(Math.floor(records * 3073)));
  file(join(dir, "test_batch.bin"), new Uint8Array(16 * 3073));
  return dir;
};

file("afile", "");
mkdirSync(join(home, "empty"));
const readOnly = process.getuid?.() !== 0;
if (readOnly) mkdirSync(join(home, "closed"), { mode: 0o500 });

const train = ["train", ...smallArgs, "--patience", "0.05"];
const activation = (name: string, body: string): readonly string[] => [
  ...[...train, "--activation-range", estimator(name, body)],
];
const data = (name: string, dir: string): readonly string[] => [
  ...train,
  "--data",
  name,
  "--data-dir",
  join(home, dir),
];
const ranges = "({ min, max }) => ({ lo: min, hi: max })";

/** Arguments, and the lines that they are answered with. */
const cases: readonly (readonly [readonly string[], readonly RegExp[]])[] = [
  [["trane"], [/^rangeflow: command "trane", expected one of train, evaluate, compare, work, sweep, /]],
  [
    ["train", "--colour", "blue"],
    [/^rangeflow train: unknown option --colour, expected one that rangeflow train --help lists\.$/],
  ],
  [
    ["train", "lenet5"],
    [
      /^rangeflow train: argument "lenet5", expected a file that exports an experiment, such as \.\/mine\.ts; /,
    ],
  ],
  [["train", "--bits"], [/^rangeflow train: --bits without a value, expected --bits W\/A\/G\.$/]],
  [
    ["train", "--model", "vgg", "--bits", "1/8/8", "--lr", "x", "--engine", "tpu"],
    [/^--model: "vgg", /, /^--bits: "1\/8\/8", /, /^--lr: "x", /, /^--engine: "tpu", /],
  ],
  [["train", "--bits", "8/16/8"], [/^--bits: "8\/16\/8", expected three of 2 to 8, or 32 for float32/]],
  [
    ["train", "--gradient-range", "nope"],
    [/^--gradient-range: estimator "nope", expected one of .*inHindsight/],
  ],
  [["train", "--resume"], [/^--resume: no run to resume, expected --out DIR, the directory of the run\.$/]],
  [
    ["train", "--resume", "--out", join(home, "empty")],
    [/^empty: no run, expected the directory of a run; rangeflow list/],
  ],
  [
    ["train", "--resume", "--out", run, "--lr", "1"],
    [/^--resume: --lr 1, expected 0\.02 as in the saved run; /],
  ],
  [[...train, "--out", run], [/^run: the directory of a run, expected an empty or new directory; /]],
  [
    [...train, "--out", join(home, "afile")],
    [/^afile: cannot be created \(a file of that name exists\), expected /],
  ],
  [
    [...train, "--out", join(home, "afile/x")],
    [/^afile\/x: cannot be created \(part of the path is not a directory\)/],
  ],
  ...(readOnly
    ? ([
        [
          [...train, "--out", join(home, "closed/x")],
          [/^closed\/x: cannot be created \(permission denied\), /],
        ],
      ] as const)
    : []),
  [[...train, "--data", "mnist"], [/^--data mnist: no directory of its files, expected --data-dir DIR; /]],
  [data("mnist", "nowhere"), [/^nowhere: no such file or directory, expected the directory of MNIST/]],
  [data("mnist", "empty"), [/^empty: no file train-images/]],
  [
    data("mnist", mnistIn("magic", { "train-images-idx3-ubyte": idx(2049, 64, 28, 28) })),
    [/^magic\/train-images-idx3-ubyte: .*2049.*, expected .*2051/],
  ],
  [
    data("mnist", mnistIn("cut", { "train-images-idx3-ubyte": idx(2051, 64, 28, 28).subarray(0, 9999) })),
    [/^cut\/train-images-idx3-ubyte: 9999 bytes, expected 50192 bytes .*; the file is truncated, /],
  ],
  [
    data("mnist", mnistIn("count", { "train-labels-idx1-ubyte": idx(2049, 63) })),
    [/^count\/train-labels-idx1-ubyte: 63 labels, expected 64/],
  ],
  [
    data(
      "mnist",
      mnistIn("label", {
        "t10k-labels-idx1-ubyte": Buffer.concat([idx(2049, 16).subarray(0, 23), Uint8Array.of(11)]),
      }),
    ),
    [/^label\/t10k-labels-idx1-ubyte: .*11/],
  ],
  [
    data(
      "mnist",
      mnistIn("gz", {
        "train-images-idx3-ubyte": new Uint8Array(),
        "train-images-idx3-ubyte.gz": gzipSync(idx(2051, 64, 28, 28)).subarray(0, 60),
      }),
    ),
    [/^gz\/train-images-idx3-ubyte\.gz: gzip data that cannot be unpacked \(/],
  ],
  [
    data("cifar10", cifarIn("cifar", 20.5)),
    [/^cifar\/data_batch_1\.bin: 62996 bytes, expected 64533 bytes for whole records/],
  ],
  [
    [...train, "--activation-range", "./notThere.ts"],
    [/^--activation-range: no file \.\/notThere\.ts, expected a module/],
  ],
  [
    activation("call.ts", '() => { throw new Error("boom") }'),
    [/call\.ts throws when it is called: boom, expected /],
  ],
  [activation("number.ts", "7"), [/number\.ts exports number as default, expected a default export/]],
  [
    activation("third.ts", `map((s, i) => { if (i === 3) throw new Error("boom"); return (${ranges})(s); })`),
    [/^conv1\/input, step 3: estimator third\.ts failed: boom, expected one range for every tensor\.$/],
  ],
  [
    activation("silent.ts", "ignoreElements()"),
    [
      /^conv1\/input, step 0: estimator silent\.ts gave no answer: none within 0\.05 s, the limit that --patience/,
    ],
  ],
  [
    activation("hush.ts", `(o) => o.pipe(filter((_, i) => i < 2), map(${ranges}), delay(1))`),
    [/^conv1\/input, step 2: estimator hush\.ts gave no answer: none within 0\.05 s, /],
  ],
  [
    activation("nan.ts", "map(() => ({ lo: NaN, hi: 1 }))"),
    [/^conv1\/input, step 0: estimator nan\.ts gave the range \[NaN, 1\], expected finite numbers/],
  ],
  [
    activation("turned.ts", "map(() => ({ lo: 2, hi: 1 }))"),
    [/^conv1\/input, step 0: estimator turned\.ts gave the range \[2, 1\], expected finite numbers/],
  ],
  [
    activation("nothing.ts", "map(() => undefined)"),
    [/^conv1\/input, step 0: estimator nothing\.ts gave undefined, expected finite numbers/],
  ],
  [
    activation("early.ts", `(o) => o.pipe(take(3), map(${ranges}))`),
    [/^conv1\/input, step 3: estimator early\.ts completed after 3 ranges, expected one/],
  ],
  [
    [...train, "--lr", "1e30"],
    [/^loss, step \d+: the loss is (NaN|-?Infinity).*, expected a finite loss; lower/],
  ],
  [
    ["compare", ...smallArgs, "--grid", "bits=8/8/8,1/8/8", "--grid", "lr=0,0.1", "--gradient-range", "nope"],
    [
      /^--lr: "0", expected a positive number\.$/,
      /^--gradient-range: estimator "nope", expected one of .*inHindsight/,
      /^--bits: "1\/8\/8", expected /,
    ],
  ],
  [
    ["compare", "--grid", "seed=1,2", "--cell", "colour=red"],
    [
      /^--cell: "colour", expected a setting, which rangeflow train --help lists\.$/,
      /^--grid: seed, expected another setting; --seeds gives the seeds of all cells/,
    ],
  ],
  [["compare", "--seeds", "some"], [/^--seeds: "some", expected a number of seeds, or a list such as /]],
  [["compare", "--seed", "1"], [/^rangeflow compare: unknown option --seed, expected --seeds\.$/]],
  [["compare"], [/^rangeflow compare: nothing to compare, expected --grid NAME=V,\.\. such as /]],
  [
    ["compare", "--seeds", "1", "--jobs", "many"],
    [/^--jobs: "many", expected auto, or an integer from 1 to 9999\.$/],
  ],
  [
    ["compare", "--seeds", "2", ...smallArgs, "--out", join(home, "afile/x")],
    [/^afile\/x: cannot be created \(part of the path is not a directory\), expected /],
  ],
  [["replay"], [/^rangeflow replay: no directory, expected the directory of a run: rangeflow replay DIR\.$/]],
  [["replay", join(home, "nowhere")], [/^nowhere: no such file or directory, expected the directory/]],
  [
    ["replay", join(home, "empty")],
    [/^empty: no segment 000000\.arrows, expected the directory of a recording/],
  ],
  [
    ["replay", run, "--site", "x*"],
    [/^--site: no site matches "x\*", expected a pattern of recorded sites; /],
  ],
  [["replay", run, "--estimator", "nope"], [/^--estimator: estimator "nope", expected one of /]],
  [["replay", run, "--patience", "0"], [/^--patience: "0", expected a positive number\.$/]],
  [
    ["traffic", "--cin", "a"],
    [/^rangeflow traffic: no --cout, --kernel, --width, expected --cin N /, /^--cin: a, expected an integer/],
  ],
  [["traffic", "--model", "vgg"], [/^--model: "vgg", expected one of /]],
];

/** Runs a command line in this process, where paths are given in full. */
const answerTo = async (
  args: readonly string[],
): Promise<{ readonly code: number; readonly err: string }> => {
  let err = "";
  const code = await answered(args, {
    out: () => {},
    err: (text) => (err += text),
    draw: () => {},
  });
  return { code, err: err.replaceAll(`${home}/`, "") };
};

for (const [n, [[command = "", ...rest], sentences]] of cases.entries())
  test(
    [command, ...rest.filter((arg) => !smallArgs.includes(arg))].join(" ").replaceAll(`${home}/`, ""),
    async () => {
      const hasOut =
        !["train", "compare"].includes(command) || rest.includes("--out") || rest.includes("--resume");
      const { code, err } = await answerTo([
        command,
        ...(hasOut ? [] : ["--out", join(home, `out${n}`)]),
        ...rest,
      ]);
      const lines = err.trimEnd().split("\n");
      assert.is(lines.length, sentences.length, err);
      for (const [i, sentence] of sentences.entries()) {
        assert.match(lines[i]!, sentence);
        assert.match(lines[i]!, /^[^:]+: .+, expected .+\.$/);
      }
      assert.is(code, 2);
    },
  );

test("a process that was given bad input prints the sentence on standard error only, and ends with code 2", async () => {
  const { code, out, err } = await rangeflow([...train, "--out", run]);
  assert.is(code, 2);
  assert.is(out, "");
  assert.match(
    err,
    /^\S+: the directory of a run, expected an empty or new directory; name another, or add --resume \(in code resume: true, or numbered: true for a directory of its own\)\.\n$/,
  );
});

test("only runs that had taken a step left a directory, and in it a whole checkpoint and recording", () => {
  const left = readdirSync(home).filter((name) => name.startsWith("out"));
  assert.is(left.length, 4, left.join(" "));
  for (const dir of left) {
    const own = readdirSync(join(home, dir)).filter((name) => name !== "code");
    assert.equal(own.sort(), ["checkpoint.safetensors", "events.jsonl", "ranges"]);
    assert.equal(readdirSync(join(home, dir, "ranges")).sort(), ["000000.arrows", "000000.sums"]);
    recordingOf(join(home, dir));
  }
});

test.run();
