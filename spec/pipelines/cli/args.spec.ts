/** @file What arguments mean, and what is said of those that mean nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Arguments, Option } from "../../../pipelines/cli/args.ts";
import type { Command } from "../../../pipelines/cli/command.ts";
import { runProgram } from "../../../pipelines/cli/program.ts";
import { rangeflow } from "../../../pipelines/cli/rangeflow.ts";
import { version } from "../../../pipelines/version.ts";

const test = suite("arguments");

const options: readonly Option[] = [
  { name: "epochs", kind: "text", value: "N", help: "passes" },
  { name: "augment", kind: "flag", help: "crop and flip" },
  { name: "range-at", kind: "many", value: "GLOB=E", help: "an exception" },
  { name: "force", kind: "flag", letter: "f", help: "no questions" },
];

/** Arguments that a command is given, or the sentence that a person is told. */
const answer = async (args: readonly string[], more: Partial<Command> = {}) => {
  const seen: { given?: Arguments; text: string } = { text: "" };
  const train: Command = {
    usage: "[file] [options]",
    details: "And more.",
    operands: ["file"],
    options,
    run: async (given) => {
      seen.given = given;
      return 0;
    },
    ...more,
  };
  const write = (text: string) => (seen.text += text);
  const program = {
    name: "rangeflow",
    about: "Does.",
    commands: [{ name: "train", summary: "Trains.", load: async () => train }],
  };
  const code = await runProgram(program, ["train", ...args], {
    out: write,
    err: write,
    draw: () => {},
  });
  return { ...seen, code };
};

const parsed = async (...args: readonly string[]): Promise<Arguments> => {
  const { given, text } = await answer(args);
  if (given === undefined) throw new Error(text);
  return given;
};

const refused = async (...args: readonly string[]): Promise<string> => {
  const { given, code, text } = await answer(args);
  assert.equal([given, code], [undefined, 2], args.join(" "));
  return text.trimEnd();
};

test("a flag is set by its name, and unset by --no-, =false or false", async () => {
  for (const args of [
    ["--augment"],
    ["--augment=true"],
    ["--augment", "true"],
    ["--no-augment", "--augment"],
  ])
    assert.equal((await parsed(...args)).flags, { augment: true }, args.join(" "));
  for (const args of [
    ["--no-augment"],
    ["--augment=false"],
    ["--augment", "false"],
    ["--augment", "--no-augment"],
  ])
    assert.equal((await parsed(...args)).flags, { augment: false }, args.join(" "));
});

test("of a value given twice the last one counts, so that a script's can be overridden; options of sites add up", async () => {
  const { texts, lists } = await parsed(
    "--epochs",
    "2",
    "--range-at",
    "a=b",
    "--epochs=3",
    "--range-at",
    "c=d",
  );
  assert.equal(texts, { epochs: "3" });
  assert.equal(lists, { "range-at": ["a=b", "c=d"] });
});

test("a flag is true or false, whatever else is said, and takes no argument for its value", async () => {
  for (const value of ["no", "nope", "yes", "1", "0", "", "TRUE"])
    assert.is(
      await refused(`--augment=${value}`),
      `rangeflow train: --augment=${value}, expected --augment or --no-augment, true or false.`,
    );
  assert.is(
    await refused("--no-augment=false"),
    "rangeflow train: --no-augment=false, expected --no-augment without a value.",
  );
  const { flags, positionals } = await parsed("--augment", "runs/mine");
  assert.equal([flags, positionals], [{ augment: true }, ["runs/mine"]]);
});

test("an option that is not there is told the nearest one, and its value is not complained of", async () => {
  assert.is(await refused("--epoch", "3"), "rangeflow train: unknown option --epoch, expected --epochs.");
  assert.is(
    await refused("--no-augmnt"),
    "rangeflow train: unknown option --no-augmnt, expected --no-augment.",
  );
  assert.is(
    await refused("--num-epochs", "3"),
    "rangeflow train: unknown option --num-epochs, expected --epochs.",
  );
  assert.is(await refused("--hlep"), "rangeflow train: unknown option --hlep, expected --help.");
  for (const name of ["--colour", "-x", "--__proto__", "--constructor"])
    assert.is(
      await refused(name, "blue", "red"),
      `rangeflow train: unknown option ${name}, expected one that rangeflow train --help lists.`,
    );
  assert.match(await refused("--epoch=3", "--no-lr"), /--epoch, expected --epochs\.\n.*--no-lr, /);
});

test("everything that is wrong is said at once", async () => {
  assert.equal((await refused("--epoch", "--augment=no", "--range-at=")).split("\n").length, 3);
});

test("an option is no value of the one before it, a negative number is, and so is what stands behind a =", async () => {
  assert.is(
    await refused("--epochs", "--augment"),
    "rangeflow train: --epochs without a value, expected --epochs N.",
  );
  assert.is((await parsed("--epochs", "-1")).texts.epochs, "-1");
  assert.is((await parsed("--epochs", "-1e-5")).texts.epochs, "-1e-5");
  assert.is((await parsed("--epochs=--augment")).texts.epochs, "--augment");
  assert.is((await parsed("--epochs", "1", "--epochs", "2")).texts.epochs, "2");
  assert.equal((await parsed("--range-at", "a=b", "--range-at=c=d")).lists["range-at"], ["a=b", "c=d"]);
});

test("what stands behind -- is no option, and one argument too many is refused", async () => {
  assert.equal((await parsed("--", "--augment")).positionals, ["--augment"]);
  assert.is(
    await refused("a", "b", "c"),
    'rangeflow train: argument "b", expected at most 1; options start with --.',
  );
});

test("an empty argument is refused, as an empty value is", async () => {
  assert.is(await refused(""), "rangeflow train: an empty argument, expected a name or a path.");
  for (const args of [["--epochs="], ["--epochs", ""], ["--epochs=", "--epochs", "3"]])
    assert.is(await refused(...args), "rangeflow train: --epochs without a value, expected --epochs N.");
});

test("a letter stands for its option, and the help shows it", async () => {
  assert.equal((await parsed("-f")).flags, { force: true });
  const { text } = await answer(["-h"]);
  assert.match(text, /^Usage: rangeflow train \[file\] \[options\]\n\nTrains\.\nAnd more\.\n/);
  assert.match(text, /^ {2}-f, --force {2,}no questions$/m);
  assert.match(text, /^ {2}--range-at GLOB=E {2,}an exception$/m);
  assert.match(text, /^ {2}-h, --help {2,}show this help$/m);
});

test("options of a command may hang on its operands, and the help shows them, too", async () => {
  const own: Option = {
    name: "width",
    kind: "text",
    value: "N",
    help: "of layers",
    group: "Options of x.ts",
  };
  const asked: (readonly string[])[] = [];
  const ownOptions = async (operands: readonly string[]) => {
    asked.push(operands);
    return operands[0] === "x.ts" ? [own] : [];
  };
  const { given } = await answer(["--epochs", "3", "x.ts", "--width", "0.5"], { ownOptions });
  assert.equal(given?.texts, { width: "0.5", epochs: "3" });
  assert.equal(asked, [["x.ts"]]);
  const { text } = await answer(["x.ts", "--help"], { ownOptions });
  assert.match(text, /^Options of x\.ts:\n {2}--width N {2,}of layers$/m);
  assert.match((await answer(["--width", "1"], { ownOptions })).text, /unknown option --width, /);
});

const said = async (...args: readonly string[]): Promise<string> => {
  let text = "";
  const code = await rangeflow(args, {
    out: (more) => (text += more),
    err: (more) => (text += more),
    draw: () => {},
  });
  return `${code} ${text}`;
};

test("the command says its version, and helps under every usual name", async () => {
  for (const args of [["--version"], ["-v"], ["train", "--version"], ["replay", "-v"]])
    assert.is(await said(...args), `0 ${version}\n`);
  assert.match(version, /^\d+\.\d+\.\d+/);
  const overview = await said("--help");
  for (const args of [[], ["-h"], ["help"]]) assert.is(await said(...args), overview);
  const ofTrain = await said("train", "--help");
  for (const args of [
    ["train", "-h"],
    ["help", "train"],
    ["train", "--epochs", "3", "-h"],
  ])
    assert.is(await said(...args), ofTrain);
});

test("what is no command is answered with the nearest one", async () => {
  assert.is(await said("trian"), '2 rangeflow: command "trian", expected train.\n');
  assert.is(await said("help", "trian"), '2 rangeflow: command "trian", expected train.\n');
  assert.is(await said("--verison"), "2 rangeflow: unknown option --verison, expected --version.\n");
  for (const args of [["--colour", "train"], ["-x"]])
    assert.is(
      await said(...args),
      `2 rangeflow: unknown option ${args[0]}, expected a command, --help or --version.\n`,
    );
  assert.match(await said(""), /^2 rangeflow: command "", expected one of train, /);
});

test("the list of commands has a whole sentence for each", async () => {
  const [, list = ""] = (await said()).split("Commands:\n");
  const sentences = list.split("\n\n")[0]?.split(/\n(?= {2}\w)/) ?? [];
  assert.ok(sentences.length >= 5);
  for (const sentence of sentences) assert.match(sentence.replace(/\s+/g, " ").trim(), /^[a-z]+ [A-Z].*\.$/);
});

test("no option of train stands without a heading, and none has more than one", async () => {
  const help = await said("train", "--help");
  assert.not.match(help, "Other settings");
  const names = help.match(/^ {2}--[\w-]+/gm) ?? [];
  assert.is(new Set(names).size, names.length);
});

test.run();
