/** @file Experiments from files: trained, killed, resumed, evaluated, verified and refused by the command line and in code. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { firstValueFrom, lastValueFrom } from "rxjs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { builtIn, experimentFile } from "../../../pipelines/experiments/source.ts";
import { doneRecordIn } from "../../../pipelines/runs/doneRecord.ts";
import { evaluate } from "../../../pipelines/runs/evaluate.ts";
import { train } from "../../../pipelines/runs/train.ts";
import { failureOf } from "../../support/failureOf.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, doneIn, rangeflow, sameRows } from "../runs.ts";

const test = suite("experiments from files");
const home = scratch();

/** A file with its own network, float data, estimator and option, and what it imports. */
const mine = `
import { map } from "rxjs";
import { absoluteError, dense, experimentWith, fromArrays, optimizers, quantized, relu, sequential } from "rangeflow";
import { rate } from "./rate.ts";

const x = Float32Array.from({ length: 600 }, (_, i) => ((i * 7) % 31) / 31);
const y = Float32Array.from({ length: 300 }, (_, n) => x[2 * n] * x[2 * n + 1]);
const widest = (observed$) => observed$.pipe(map(({ min, max }) => ({ lo: 2 * min, hi: 2 * max })));

export default experimentWith({
  options: {
    width: { type: "integer", default: 8, least: 1, help: "units of the hidden layer" },
    adam: { type: "boolean", default: false, help: "whether Adam updates the weights" },
  },
  make: ({ width, adam }) => ({
    name: "products",
    network: sequential(
      quantized(dense)("hidden", { units: width }),
      relu(),
      quantized(dense)("output", { units: 1, gain: 1 }),
    ),
    data: fromArrays(x, y, [1, 1, 2], { name: "grid", test: 0.2 }),
    loss: absoluteError(),
    optimizer: adam ? optimizers.adam() : optimizers.sgd({ momentum: 0.9 }),
    schedule: rate,
    quantization: [{ gradient: { range: widest } }],
    batch: 16,
    epochs: 4,
  }),
});
`;
writeFileSync(join(home, "mine.ts"), mine);
writeFileSync(join(home, "rate.ts"), "export const rate = (step, steps) => 0.02 * (1 - step / steps);\n");

const before = process.cwd();
process.chdir(home);
test.after(() => process.chdir(before));

const line = (...args: readonly string[]) => answerTo(args);
const local = ["--engine", "simd", "--threads", "1"];

const whole = await line("train", "./mine.ts", "--width", "6", "--epochs", "3", ...local, "--out", "whole");
const hashIn = (text: string): string => /weights sha256 (\w+)/.exec(text)?.[1] ?? "none";

test("an option that the file declares, and one of every experiment, stand behind it", () => {
  assert.is(whole.code, 0, whole.err);
  assert.match(
    whole.out,
    /^products on grid, W\/A\/G 8\/8\/8: 25 parameters, 240 training and 60 test samples/,
  );
  const { from, settings, files } = doneRecordIn(join(home, "whole"))!.identity;
  assert.is(from, "file");
  assert.equal(settings, { experiment: "./mine.ts", width: 6, adam: false, epochs: 3 });
  assert.equal(
    files.map(({ contents }) => Object.keys(contents)),
    [[".", "rate.ts"]],
  );
});

test("the help tells the options of the file, with default and bounds", async () => {
  const { out, code } = await line("train", "./mine.ts", "--help");
  assert.is(code, 0);
  assert.match(
    out,
    /Options of \.\/mine\.ts:\s+--width N +units of the hidden layer: an integer from 1 \[8\]/,
  );
  assert.match(out, /passes over the training data \[4\]/, "the epochs of the file");
  assert.match(out, /batch size \[16\]/);
  assert.match(out, /estimator of gradient ranges \[as the file says\]/);
  assert.not.match(out, /--(lr|model|data-dir) /, "settings of built-in experiments");
});

test("killed, it is resumed by its file to the same bits, with the options that were saved", async () => {
  const killed = await rangeflow(
    [
      "train",
      "./mine.ts",
      "--width",
      "6",
      "--epochs",
      "3",
      ...local,
      "--checkpoint-seconds",
      "0",
      "--out",
      "killed",
    ],
    { cwd: home, kill: { signal: "SIGINT", dir: join(home, "killed"), chunks: 1 } },
  );
  assert.is(killed.code, 130, killed.out + killed.err);
  assert.match(killed.out, /resume with: rangeflow train \.\/mine\.ts --resume --out killed/);
  const resumed = await line("train", "./mine.ts", "--resume", "--out", "killed");
  assert.is(resumed.code, 0, resumed.err);
  assert.is(hashIn(resumed.out), hashIn(whole.out));
  sameRows(join(home, "killed"), join(home, "whole"));
});

test("it is evaluated by its directory once it is trusted, and verified", async () => {
  const score = await firstValueFrom(evaluate(builtIn(), "whole", { trust: true }));
  assert.equal(score, await firstValueFrom(evaluate(experimentFile("./mine.ts"), "whole")));
  assert.is(score.testScore, doneRecordIn("whole")?.done.score);
  assert.match(
    await failureOf(firstValueFrom(evaluate(builtIn(), "whole"))),
    /the file \.\/mine\.ts of the saved run is not named/,
  );
  const verified = await line("replay", "whole", "--verify", "--trust");
  assert.match(verified.out, /verified: \d+ ranges at 6 sites replay to the bit/, verified.err);
  assert.match((await line("replay", "whole", "--verify")).err, /mine\.ts of the saved run is not named/);
});

test("in code it is the same run", async () => {
  const source = experimentFile("./mine.ts", { width: 6 }, { epochs: 3 });
  const done = await lastValueFrom(train(source, { engine: "simd", threads: 1 }));
  assert.is(doneIn([done]).weightsSha256, hashIn(whole.out));
});

test("how its sites are quantized may be changed on the command line, by recipes too", async () => {
  const said = async (...args: readonly string[]) =>
    (await line("train", "./mine.ts", "--epochs", "1", ...args, ...local)).out.split("\n")[0] ?? "";
  assert.match(await said("--bits", "4/4/8"), /W\/A\/G 4\/4\/8/);
  assert.match(await said("--recipe", "float32"), /W\/A\/G 32\/32\/32/);
  assert.match(await said("--bits-at", "hidden/weight=3", "--bits-at", "output/weight=3"), /W\/A\/G 3\/8\/8/);
});

test("what differs from the saved run is refused, by option and by file", async () => {
  const refusal = async (...args: readonly string[]) =>
    (await line("train", ...args, "--resume", "--out", "whole")).err;
  assert.match(
    await refusal("./mine.ts", "--width", "5"),
    /^--resume: --width 5, expected 6 as in the saved run/,
  );
  assert.match(await refusal("./mine.ts", "--adam"), /^--resume: --adam true, expected false/);
  assert.match(await refusal("./mine.ts", "--epochs", "9"), /^--resume: --epochs 9.*, expected 3/);
  assert.match(
    await refusal("./mine.ts", "--seed", "2"),
    /^--resume: --seed 2, expected the seed that \.\/mine\.ts has itself as in the saved run; leave it out/,
  );
  assert.match(await refusal("--lr", "1"), /^--lr: a setting of built-in experiments, not of/);
  const other = join(home, "other");
  mkdirSync(other);
  cpSync(join(home, "mine.ts"), join(other, "mine.ts"));
  writeFileSync(join(other, "rate.ts"), "export const rate = () => 0.01;\n");
  assert.match(await refusal("other/mine.ts"), /^--resume: .*mine\.ts/);
});

test("a file that has been edited, or what it imports, is told from one that is not named", async () => {
  const resumed = async () => (await line("train", "./edited.ts", "--resume", "--out", "edited")).err;
  const judged = () => failureOf(firstValueFrom(evaluate(experimentFile("./edited.ts"), "edited")));
  cpSync("mine.ts", "edited.ts");
  const rate = readFileSync("rate.ts", "utf8");
  await line("train", "./edited.ts", "--epochs", "1", ...local, "--out", "edited");
  writeFileSync("rate.ts", `${rate}\n`);
  const imported =
    /^(--resume|evaluate): the file \.\/edited\.ts of sha256 \w+, which has changed since the run began, by rate\.ts, expected sha256 \w+ as in the saved run; restore what has changed(, or start a new run|\.$)/m;
  assert.match(await resumed(), imported);
  assert.match(await judged(), imported);
  writeFileSync("rate.ts", rate);
  writeFileSync("edited.ts", `${mine}\n`);
  const itself =
    /: the file \.\/edited\.ts of sha256 \w+, which has changed since the run began, expected sha256/;
  assert.match(await resumed(), itself);
  assert.match(await judged(), itself);
  cpSync("mine.ts", "edited.ts");
  assert.match(await resumed(), /^$/);
});

const bad: readonly (readonly [what: string, text: string, sentence: RegExp])[] = [
  [
    "exports nothing",
    "export const a = 1;",
    /bad\.ts has no default export, expected a default export that is an experiment/,
  ],
  ["exports a number", "export default 3;", /bad\.ts exports number as default/],
  [
    "exports an object of another kind",
    "export default { a: 1 };",
    /bad\.ts exports an object without a network/,
  ],
  ["throws", 'throw new Error("not today");', /bad\.ts cannot be loaded at line 1: not today/],
  [
    "throws further down",
    'const a: number = 1;\n\nif (a > 0) throw new Error("not today");',
    /bad\.ts cannot be loaded at line 3: not today/,
  ],
  [
    "exports a promise",
    "export default Promise.resolve({ network: () => 0 });",
    /bad\.ts exports a promise as default, which `export default await \.\.` would wait for/,
  ],
  ["has no syntax", "export default {", /bad\.ts cannot be loaded/],
  ["makes nothing", "export default { make: () => {} };", /bad\.ts makes nothing/],
  [
    "throws when it makes",
    'export default { make: () => { throw new Error("empty"); } };',
    /bad\.ts cannot make an experiment: empty/,
  ],
  [
    "gives data what they do not take",
    'import { fromBoxes } from "rangeflow";\n\nexport default { network: () => 0, data: fromBoxes(new Uint8Array(64), [[{ label: 0, box: [0, 0, 9, 1] }]], [8, 8, 1]) };',
    /^\.\/bad\.ts at line 3, fromBoxes, image 0, box 0: the box \[0, 0, 9, 1\], which is not on its image, expected x from 0 to 8 and y from 0 to 8; clip it, and check that its numbers are pixels of this image\.\n$/,
  ],
  [
    "gives data what they do not take when it makes",
    'import { fromArrays } from "rangeflow";\nexport default { make: () => ({ network: () => 0, data: fromArrays(new Uint8Array(9), [1], [2, 2]) }) };',
    /^\.\/bad\.ts, fromArrays, shape: \[2,2\], expected \[height, width, channels\] of one sample, each a positive integer; rows of n numbers are \[1, 1, n\]\.\n$/,
  ],
  ["lacks parts", "export default { network: () => 0 };", /experiment, (data|loss): /],
  [
    "has an option of train",
    'export default { options: { out: { type: "text", default: "", help: "" } }, make: () => 0 };',
    /option "out": the flag --out, which the commands already have, expected another name/,
  ],
  ...["epochs", "batch", "seed", "bits", "resume", "seeds", "threads"].map(
    (name) =>
      [
        `has an option of a command, ${name},`,
        `export default { options: { ${name}: { type: "integer", default: 1, help: "" } }, make: () => 0 };`,
        new RegExp(
          `option "${name}": the flag --${name}, which the commands already have, expected another name`,
        ),
      ] as const,
  ),
  [
    "names an option twice",
    'export default { options: { maxSize: { type: "integer", default: 1, help: "" }, "max-size": { type: "integer", default: 1, help: "" } }, make: () => 0 };',
    /option "max-size": an invalid name/,
  ],
  [
    "throws when it is looked at",
    'export default { get make() { throw new Error("no entry"); } };',
    /bad\.ts cannot be looked at: no entry/,
  ],
  [
    "throws when its options are read",
    'export default { options: { get n() { throw new Error("no option"); } }, make: () => 0 };',
    /bad\.ts: options that throw no option, expected options that can be read/,
  ],
  [
    "has a default out of bounds",
    'export default { options: { n: { type: "integer", default: 0, least: 1, help: "" } }, make: () => 0 };',
    /option "n": default 0, expected an integer from 1/,
  ],
];
for (const [what, text, sentence] of bad)
  test(`a file that ${what} is refused with one sentence`, async () => {
    writeFileSync(join(home, "bad.ts"), text);
    const { err, code } = await line("train", "./bad.ts", "--out", "bad");
    assert.is(code, 2, err);
    assert.match(err, sentence);
    assert.not.match(err, /\n\s+at /);
  });

test("values that an option does not take, and names that are none, are refused", async () => {
  assert.match(
    (await line("train", "./mine.ts", "--width", "0")).err,
    /^--width: 0, expected an integer from 1/,
  );
  assert.match(
    (await line("train", "./mine.ts", "--with", "3")).err,
    /unknown option --with, expected --width/,
  );
  assert.match((await line("train", "./none.ts")).err, /no file \.\/none\.ts/);
});

test.run();
