/**
 * @file Hostile modules: estimators, quantizers, recipes, experiments and entries with options that throw, lie, loop, leave or write
 * where they should not, by path on the command line and as values in code.
 *
 *     node spec/soak/hostileModules.mjs [part of a name]
 *
 * Each has to end with a sentence and a code that is not 0, or, where it does no harm, with the very weights of a module that behaves.
 * Prints what does not, and counts: stack traces, hangs, and silent ones, which end with 0 and other weights. The exit code is 0 only if
 * there are none of them.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { entries, experiments, harmlessExperiments, plainExperiment } from "./hostileExperiments.mjs";
import { activationQuantizers, answers, estimators, harmless, quantizers, recipes } from "./hostileTexts.mjs";

const home = fileURLToPath(new URL("../..", import.meta.url));
const main = join(home, "dist/pipelines/cli/main.js");
const dir = mkdtempSync(join(tmpdir(), "hostile-"));
const part = process.argv[2] ?? "";

const small = ["--engine", "simd", "--limit", "48", "--test-limit", "16", "--batch", "16", "--epochs", "1"];

const byPath = (kind, option, modules, isHarmless = false) =>
  Object.entries(modules).map(([name, text]) => {
    const file = `${kind}-${name}.${text.startsWith("module.exports") ? "cjs" : "mjs"}`;
    writeFileSync(join(dir, file), text);
    const args = [
      main,
      "train",
      ...small,
      "--patience",
      "2",
      option,
      `./${file}`,
      "--out",
      `${kind}-${name}`,
    ];
    return { name: `${kind} ${name}`, args, isHarmless };
  });

/** Files that are the experiment themselves. */
const asExperiment = (modules, isHarmless = false) =>
  Object.entries(modules).map(([name, text]) => {
    const file = `experiment-${name}.mjs`;
    writeFileSync(join(dir, file), text);
    const args = [main, "train", `./${file}`, "--engine", "simd", "--patience", "3"];
    args.push("--out", `experiment-${name}`);
    return { name: `experiment ${name}`, args, isHarmless, isExperiment: true };
  });

const rxjs = pathToFileURL(join(home, "node_modules/rxjs/dist/cjs/index.js")).href;
const rangeflow = pathToFileURL(join(home, "dist/pipelines/rangeflow.js")).href;

const models = pathToFileURL(join(home, "dist/models/index.js")).href;

/** The same estimators as values: a program that trains with one, and ends as a careful user's does. */
const inCode = (modules, isHarmless = false) =>
  Object.entries(modules).map(([name, text]) => {
    const file = `code-${name}.mjs`;
    writeFileSync(join(dir, file), text.replaceAll(/(["'])rxjs\1/g, JSON.stringify(rxjs)));
    const program = `
import { defer } from ${JSON.stringify(rxjs)};
import { crossEntropy, experiment, glyphs, train } from ${JSON.stringify(rangeflow)};
import { lenet5 } from ${JSON.stringify(models)};
const { default: estimator } = await import("./${file}");
const parts = { network: lenet5({ classes: 10 }), data: glyphs({ train: 48, test: 16 }), loss: crossEntropy(), batch: 16, epochs: 1 };
const quantization = [{ gradient: { range: { name: "${name}", estimator } } }];
// What experiment refuses, it throws.
defer(() => train(experiment({ ...parts, quantization }), { engine: "simd", patience: 2 }))
  .subscribe({
    next: (event) => { if (event.event === "done") { console.log("weights sha256 " + event.weightsSha256); process.exit(0); } },
    error: (error) => { console.error(error.name === "RangeflowFailure" ? error.message : error.stack); process.exit(2); },
  });
`;
    writeFileSync(join(dir, `run-${file}`), program);
    return { name: `in code ${name}`, args: [join(dir, `run-${file}`)], isHarmless };
  });

/** Those that end, throw or loop outside of any stream are the program's own there, which nobody guards. */
const ofStreams = Object.fromEntries(
  Object.entries(estimators).filter(
    ([name]) =>
      !/^(timer|import|loops|leaves|syntax|then|asyncThrows|rejects|getterDefault|rawObserver|teardown|nothing|endlessChannels)/i.test(
        name,
      ),
  ),
);

const cases = [
  ...byPath("estimator", "--gradient-range", estimators),
  ...byPath("harmless", "--gradient-range", harmless, true),
  ...byPath("quantizer", "--weight-quantizer", quantizers),
  ...byPath("learned", "--activation-quantizer", activationQuantizers),
  ...byPath("recipe", "--recipe", recipes),
  ...byPath("estimatorEntry", "--gradient-range", entries),
  ...byPath("quantizerEntry", "--weight-quantizer", entries),
  ...byPath("recipeEntry", "--recipe", entries),
  ...asExperiment(experiments),
  ...asExperiment(harmlessExperiments, true),
  ...inCode(ofStreams),
  ...inCode(
    {
      cyclic: harmless.cyclic,
      writesStat: harmless.writesStat,
      changesLater: harmless.changesLater,
      sortsSample: harmless.sortsSample,
    },
    true,
  ),
].filter(({ name }) => name.includes(part));

const mostSeconds = 120;

const run = ({ args }) =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
    let [out, err, isHanging] = ["", "", false];
    const timer = setTimeout(() => {
      isHanging = true;
      child.kill("SIGKILL");
    }, 1000 * mostSeconds);
    child.stdout.on("data", (text) => {
      out += text;
    });
    child.stderr.on("data", (text) => {
      err += text;
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, out, err, isHanging });
    });
  });

const weightsIn = (out) => /weights sha256 (\w+)/.exec(out)?.[1];

const [plain] = byPath("plain", "--gradient-range", { current: answers("") });
const [plainFile] = asExperiment({ plain: plainExperiment });
const expected = weightsIn((await run(plain)).out);
const expectedOfFile = weightsIn((await run(plainFile)).out);
if (expected === undefined || expectedOfFile === undefined)
  throw new Error("a module that behaves does not train");

const verdictOf = ({ isHarmless, isExperiment }, { code, out, err, isHanging }) => {
  if (isHanging) return "hang";
  if (/\n\s+at .+:\d+/.test(err) || /UnhandledPromise|node:internal/.test(err)) return "stack trace";
  if (isHarmless)
    return code === 0 && weightsIn(out) === (isExperiment ? expectedOfFile : expected)
      ? "harmless"
      : "silent";
  return code === 0 || err.trim() === "" ? "silent" : "sentence";
};

const counts = { sentence: 0, harmless: 0, "stack trace": 0, hang: 0, silent: 0 };
const waiting = [...cases];
const worker = async () => {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const ended = await run(next);
    const verdict = verdictOf(next, ended);
    counts[verdict]++;
    if (verdict !== "sentence" && verdict !== "harmless")
      console.log(
        `${verdict}: ${next.name}, code ${ended.code ?? ended.signal}\n${ended.err.slice(-1200) || ended.out.slice(-200)}`,
      );
    else if (process.env.VERBOSE)
      console.log(`${next.name}: ${ended.err.trim().split("\n").at(-1)?.slice(0, 300)}`);
  }
};
await Promise.all([worker(), worker()]);
rmSync(dir, { recursive: true, force: true });
console.log(
  `${cases.length} hostile modules: ${Object.entries(counts)
    .map(([what, n]) => `${n} ${what}`)
    .join(", ")}`,
);
process.exitCode = counts["stack trace"] + counts.hang + counts.silent > 0 ? 1 : 0;
