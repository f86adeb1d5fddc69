/**
 * @file Random command lines, valid, nearly valid and nonsense, for every command. Not part of `npm test`; some minutes.
 *
 *     npm run build && node spec/soak/commandLines.mjs [lines] [seed] [jobs]
 *
 * Each line is answered in a process that answers many, by the function that the command itself calls. A line that has nonsense in
 * it must end with code 2 and sentences; no line may end with a stack trace, or not at all. What is nonsense is decided here, by
 * expressions of their own, and not by the code that is tried. Prints the lines that fail, and counts.
 */
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kinds, randomOf, settingKinds } from "./commandValues.mjs";

const main = new URL("../../dist/pipelines/cli/rangeflow.js", import.meta.url).href;

/** Answers lines that come as messages. */
const answering = async () => {
  const { rangeflow } = await import(main);
  process.on("message", async (args) => {
    let out = "";
    let err = "";
    const code = await rangeflow(args, {
      out: (text) => (out += text),
      err: (text) => (err += text),
      draw: () => {},
    });
    process.send({ code, out, err });
  });
};

/** Milliseconds after which a line counts as one that hangs. */
const patience = 180_000;
const linesEach = 40;

/** A process that answers lines; a new one takes its place when it has ended or answered many. */
const answerer = () => {
  let child;
  let answered = 0;
  const close = () => {
    child?.kill("SIGKILL");
    child = undefined;
    answered = 0;
  };
  const ask = (args) =>
    new Promise((resolve) => {
      child ??= fork(fileURLToPath(import.meta.url), ["--answer"], { silent: true });
      const mine = child;
      let rest = "";
      const listen = (text) => (rest += text);
      mine.stderr.on("data", listen);
      const end = (result) => {
        clearTimeout(timer);
        mine.removeAllListeners("message").removeAllListeners("exit");
        mine.stderr.off("data", listen);
        if (result.hangs || result.died || ++answered >= linesEach) close();
        resolve({ ...result, rest });
      };
      const timer = setTimeout(() => end({ hangs: true }), patience);
      mine.on("message", end);
      mine.on("exit", (code, signal) => end({ died: `${signal ?? code}` }));
      mine.send(args);
    });
  return { ask, close };
};

const hasTrace = (text) => /^\s+at .+:\d+:\d+\)?$/m.test(text) || /\binternal:/.test(text);
const areSentences = (text) =>
  text
    .trimEnd()
    .split("\n")
    .every((line) => /^.+: .+, expected .+\.$/.test(line));

/** What is wrong with the answer to a line. */
const fault = ({ isNonsense }, { code, out = "", err = "", rest = "", hangs, died }) => {
  if (hangs) return "hang";
  if (died !== undefined) return "death";
  if (hasTrace(out) || hasTrace(err) || hasTrace(rest)) return "stack trace";
  if (code !== 0 && code !== 2) return "exit code";
  if (isNonsense && code === 0) return "silence";
  if (code === 2 && out === "" && !areSentences(err)) return "no sentence";
  return undefined;
};

const [count = "1000", seed = "1", jobs = "2"] = process.argv.slice(2);

/** Line number `n`: its arguments, and whether there is nonsense among them. */
const lineOf = (n, home) => {
  const random = randomOf(Number(seed) * 1_000_003 + n);
  const { pick, chance, upTo } = random;
  let isNonsense = false;
  const args = [];
  const value = (kind) => {
    const drawn = kinds[kind](random);
    isNonsense ||= drawn.isNonsense;
    return drawn.text;
  };
  const option = (name, kind) => {
    const text = value(kind);
    if (kind === "flag") args.push(text === "" ? `--${name}` : `--${name}=${text}`);
    else if (chance(0.5) || text.startsWith("-")) args.push(`--${name}=${text}`);
    else args.push(`--${name}`, text);
  };
  const settings = (most) => {
    const names = Object.keys(settingKinds);
    for (const name of new Set(Array.from({ length: upTo(most) }, () => pick(names))))
      option(name, settingKinds[name]);
  };
  const small = ["--limit", "16", "--test-limit", "8", "--batch", "8", "--epochs", "1"];
  const out = join(home, `run${n}`);

  const command = pick([
    "train",
    "train",
    "train",
    "train",
    "compare",
    "replay",
    "replay",
    "traffic",
    "traffic",
    "estimators",
    "other",
  ]);
  if (command !== "other") args.push(command);
  switch (command) {
    case "train":
      args.push(...small, "--out", out);
      settings(4);
      break;
    case "compare":
      args.push(...small, "--out", out, "--jobs", "1", "--seeds");
      args.push(value("seeds"));
      for (let i = upTo(2); i > 0; i--)
        args.push(pick(["--grid", "--cell", "--against"]), value("assignment"));
      settings(1);
      break;
    case "replay":
      args.push(chance(0.9) ? join(home, "recorded") : value("path"));
      if (chance(0.5)) option("estimator", "estimator");
      if (chance(0.4)) option("patience", "positive");
      if (chance(0.4)) option("site", "glob");
      if (chance(0.3)) option("verify", "flag");
      break;
    case "traffic":
      if (chance(0.5)) {
        option("model", "model");
        if (chance(0.6)) option("input", "side");
      } else
        for (const name of ["cin", "cout", "kernel", "width", "height"])
          if (chance(0.9)) option(name, "side");
      if (chance(0.3)) option("json", "flag");
      break;
    case "estimators":
      if (chance(0.7)) option("json", "flag");
      break;
    case "other":
      args.push(pick(["--version", "-v", "-h", "--help", "help"]));
      if (chance(0.6)) args[0] = value("nothing");
  }
  if (chance(0.12) && command !== "other") {
    isNonsense = true;
    args.splice(
      1,
      0,
      pick([
        "--epoch=3",
        "--no-lr",
        "--limit",
        "extra",
        "-x",
        "--__proto__=1",
        "--constructor",
        "--out",
        "--=",
        "a\u0000b",
      ]),
    );
    if (args[1] === "extra" || args[1] === "a\u0000b") args.push("one more");
  }
  return { args, isNonsense };
};

const soak = async () => {
  const home = mkdtempSync(join(tmpdir(), "rangeflow-soak-"));
  const first = answerer();
  const recorded = ["train", "--limit", "32", "--test-limit", "8", "--batch", "8", "--epochs", "1"];
  const made = await first.ask([...recorded, "--out", join(home, "recorded")]);
  if (made.code !== 0) throw new Error(made.err ?? "no run to replay");
  first.close();
  const counts = { lines: 0, nonsense: 0, accepted: 0, refused: 0 };
  const faults = {};
  let next = 0;
  const work = async () => {
    const { ask, close } = answerer();
    while (next < Number(count)) {
      const n = next++;
      const line = lineOf(n, home);
      const answer = await ask(line.args);
      rmSync(join(home, `run${n}`), { recursive: true, force: true });
      counts.lines++;
      counts.nonsense += line.isNonsense ? 1 : 0;
      counts.accepted += answer.code === 0 ? 1 : 0;
      counts.refused += answer.code === 2 ? 1 : 0;
      const found = fault(line, answer);
      if (found === undefined) continue;
      faults[found] = (faults[found] ?? 0) + 1;
      const text = [answer.err, answer.rest, answer.out].find((part) => part) ?? answer.died ?? "";
      console.log(`${found}, line ${n}: ${JSON.stringify(line.args)}\n  ${text.slice(0, 600).trim()}`);
    }
    close();
  };
  await Promise.all(Array.from({ length: Number(jobs) }, work));
  rmSync(home, { recursive: true, force: true });
  console.log(JSON.stringify({ ...counts, faults }));
  process.exitCode = Object.keys(faults).length > 0 ? 1 : 0;
};

await (process.argv[2] === "--answer" ? answering() : soak());
