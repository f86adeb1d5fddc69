/** @file The command line as people use it: what it prints, and the exit code. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { commands as entries } from "../../../pipelines/cli/rangeflow.ts";
import { optionOf, settingNames } from "../../../pipelines/settings/settings.ts";
import { scratch } from "../files/scratch.ts";
import { answerTo, rangeflow, smallArgs } from "../runs.ts";

const test = suite("rangeflow");
const home = scratch();
const run = join(home, "run");

type Event = Readonly<Record<string, unknown>> & { readonly event: string };

const eventsIn = (out: string): readonly Event[] =>
  out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const commands = ["train", "compare", "replay", "traffic", "estimators"];
const trained = await rangeflow(["train", ...smallArgs, "--json", "--out", run]);

test("without a command, and with --help, the commands are listed", async () => {
  const [bare, help] = await Promise.all([rangeflow([]), answerTo(["--help"])]);
  assert.is(bare.code, 0);
  assert.is(bare.out, help.out);
  for (const name of commands) assert.match(bare.out, new RegExp(`^  ${name} `, "m"));
});

test("every command explains its options with --help", async () => {
  const helps = await Promise.all(commands.map((name) => answerTo([name, "--help"])));
  for (const [i, { code, out, err }] of helps.entries()) {
    assert.is(code, 0);
    assert.is(err, "");
    assert.match(out, new RegExp(`^Usage: rangeflow ${commands[i]}`));
    assert.match(out, /^ {2}-h, --help {2,}\S/m);
  }
  for (const name of settingNames) assert.ok(helps[0]?.out.includes(`  ${optionOf(name)}`), name);
});

test("the help of every command lists every option that it takes", async () => {
  for (const { name, load } of entries) {
    const { options } = await load();
    const { code, out } = await answerTo([name, "--help"]);
    assert.is(code, 0);
    for (const option of options)
      assert.match(out, new RegExp(`^ {2}(-\\w, )?--${option.name}[ \n]`, "m"), `${name} --${option.name}`);
  }
});

test("train --json prints one JSON object a line: start, epochs, done, with the fields that are documented", () => {
  assert.is(trained.code, 0, trained.err);
  assert.is(trained.err, "");
  const events = eventsIn(trained.out);
  assert.equal(
    events.map(({ event }) => event),
    ["start", "epoch", "epoch", "done"],
  );
  const [, epoch, , done] = events as [Event, Event, Event, Event];
  for (const field of ["loss", "trainScore", "testLoss", "testScore", "imagesPerSecond"])
    assert.type(epoch[field], "number", field);
  assert.is(epoch.epoch, 1);
  for (const field of ["score", "seconds", "imagesPerSecond", "staticSites", "dynamicSites"])
    assert.type(done[field], "number", field);
  assert.is(done.engine, "simd");
  assert.is(done.out, run);
  assert.match(String(done.weightsSha256), /^[0-9a-f]{64}$/);
});

test("train without --json prints plain lines where there is no terminal, and goes to runs/", async () => {
  const { code, out, err } = await rangeflow(["train", ...smallArgs], { cwd: home });
  assert.is(code, 0, err);
  assert.is(err, "");
  assert.match(
    out,
    /^lenet5 on glyphs, W\/A\/G 8\/8\/8: 61706 parameters, 160 training and 40 test samples of 28x28x1 \(H, W, C\), simd/,
  );
  const uneven = ["--limit", "70", "--epochs", "1", "--engine", "simd", "--out", join(home, "uneven")];
  const warm = await answerTo(["train", ...uneven, "--test-limit", "8", "--batch", "32", "--warmup", "3"]);
  assert.match(
    warm.out,
    /: 61706 parameters, 70 training \(6 of them left out each epoch, as they fill no batch of 32\) and 8 test samples of 28x28x1 \(H, W, C\), simd/,
  );
  assert.match(
    warm.out,
    /^--warmup 3 is longer than the run of 2 steps: the learning rate never reaches --lr$/m,
  );
  assert.not.match(out, /warmup/);
  assert.is(
    out.match(
      /^epoch \d {2}train loss \d\.\d{4} {2}train accuracy [\d.]+ % {2}test accuracy [\d.]+ % {2}\d+ samples\/s$/gm,
    )?.length,
    2,
  );
  const { weightsSha256 } = eventsIn(trained.out).at(-1) as Event;
  assert.match(out, new RegExp(`^weights sha256 ${weightsSha256}$`, "m"));
  assert.equal(readdirSync(join(home, "runs")), ["glyphs-lenet5-8.8.8-seed1"]);
});

test("train says first what bits a copy of gradients for weights has, and at the end counts its sites as gradients", async () => {
  const copies = ["--recipe", "statQuant", "--epochs", "1", "--out", join(home, "copies")];
  const { code, out, err } = await answerTo(["train", ...smallArgs.slice(0, -2), ...copies]);
  assert.is(code, 0, err);
  assert.match(out, /^lenet5 on glyphs, W\/A\/G 8\/8\/5, 8 for weight gradients: 61706 parameters/);
  assert.match(out, /^gradient +0 +10 /m);
});

test("replay shows each site of a run; other estimators, some sites, and JSON on demand", async () => {
  const [own, others] = await Promise.all([
    answerTo(["replay", run]),
    answerTo([
      ...["replay", run, "--estimator", "currentMinMax", "--estimator", "inHindsight:decay=0.5"],
      ...["--site", "conv1/*", "--json"],
    ]),
  ]);
  assert.is(own.code, 0);
  assert.is(own.out.match(/^\S+\/(input|weight|gradient) /gm)?.length, 15);
  assert.equal(
    eventsIn(others.out).map(({ site, estimator }) => `${site} ${estimator}`),
    ["input", "weight", "gradient"].flatMap((name) => [
      `conv1/${name} currentMinMax`,
      `conv1/${name} inHindsight:decay=0.5`,
    ]),
  );
});

test("replay --verify proves a recording", async () => {
  const { code, out } = await answerTo(["replay", run, "--verify", "--json"]);
  assert.is(code, 0);
  assert.equal(eventsIn(out), [
    { event: "verified", sites: 15, ranges: 300, unasked: 0, steps: 20, isFinished: true },
  ]);
});

test("replay judges histograms on the levels of the site, and says where it cannot", async () => {
  const out = join(home, "projected");
  const quantizers = [
    "--gradient-quantizer",
    "luq",
    "--activation-quantizer",
    "daq",
    "--weight-quantizer",
    "sat",
  ];
  await answerTo(["train", ...smallArgs, ...quantizers, "--histogram-every", "1", "--out", out]);
  const { code, out: text } = await answerTo(["replay", out]);
  assert.is(code, 0);
  assert.match(text, /^conv1\/gradient +gradient .* \d+\.\d +\d\.\d{3} %$/m);
  assert.match(text, /^No SQNR for .*conv1\/input.*: levels of daq:table=paper follow the tensor itself\.$/m);
  assert.match(text, /^No SQNR for .*conv1\/weight.*: levels of sat follow the tensor itself\.$/m);
  assert.not.match(text, /^No SQNR for .*gradient/m);
});

test("traffic of a layer of the paper: 428 and 1996 KB", async () => {
  const layer = ["--cin", "64", "--cout", "64", "--kernel", "3", "--width", "56"];
  const [text, json, model] = await Promise.all([
    answerTo(["traffic", ...layer]),
    answerTo(["traffic", ...layer, "--height", "56", "--json"]),
    answerTo(["traffic", "--model", "lenet5"]),
  ]);
  assert.match(text.out, /64,64,3,56x56 {2,}428\.0 KB {2,}1\.9 MB {2,}366\.4 %/);
  const [{ staticBytes, dynamicBytes }] = eventsIn(json.out) as [Event];
  assert.equal([staticBytes, dynamicBytes], [428 * 1024, 1996 * 1024]);
  assert.equal(model.out.match(/^(conv|dense|total)\w*/gm), [
    "conv1",
    "conv2",
    "dense1",
    "dense2",
    "dense3",
    "total",
  ]);
});

test("estimators lists what a range option may name", async () => {
  const { code, out } = await answerTo(["estimators", "--json"]);
  assert.is(code, 0);
  const names = eventsIn(out).map(({ name }) => name);
  for (const name of ["inHindsight", "currentMinMax", "runningMinMax"]) assert.ok(names.includes(name));
  const followed = (name: string) =>
    eventsIn(out).find((entry) => entry.event === "quantizer" && entry.name === name)?.follows;
  assert.equal(followed("psq"), { gradient: "tensor" });
  assert.equal(followed("dorefa"), { weight: "tensor", activation: "range", gradient: "range" });
  const { out: text } = await answerTo(["estimators"]);
  for (const title of ["Range estimators", "Combinators of an estimator E", "Quantizers", "Recipes"])
    assert.match(text, new RegExp(`^${title}:$`, "m"));
  assert.match(text, /^ {2}psq +\S.*arXiv:2010\.14298\)/ms);
  const { out: psq } = await answerTo(["estimators", "psq"]);
  assert.match(psq, /^levels follow: tensor$/m);
  const { out: dorefa } = await answerTo(["estimators", "dorefa"]);
  assert.match(dorefa, /^levels follow: weight tensor, activation range, gradient range$/m);
});

test.run();
