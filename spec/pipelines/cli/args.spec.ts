/** @file What arguments mean, and what is said of those that mean nothing. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RangeflowFailure } from "../../../core/errors.ts";
import { helpText, type Option, parseArguments } from "../../../pipelines/cli/args.ts";
import { rangeflow } from "../../../pipelines/cli/rangeflow.ts";
import { version } from "../../../pipelines/version.ts";

const test = suite("arguments");

const options: readonly Option[] = [
  { name: "epochs", kind: "text", value: "N", help: "passes" },
  { name: "augment", kind: "flag", help: "crop and flip" },
  { name: "range-at", kind: "many", value: "GLOB=E", help: "an exception" },
  { name: "help", kind: "flag", letter: "h", help: "show this" },
];

const parsed = (...args: readonly string[]) => parseArguments("train", args, options, 1);
const refused = (...args: readonly string[]): string => {
  try {
    parsed(...args);
  } catch (error) {
    if (error instanceof RangeflowFailure) return error.message;
    throw error;
  }
  return "";
};

test("a flag is set by its name, and unset by --no-, =false or false", () => {
  for (const args of [
    ["--augment"],
    ["--augment=true"],
    ["--augment", "true"],
    ["--no-augment", "--augment"],
  ])
    assert.equal(parsed(...args).flags, { augment: true }, args.join(" "));
  for (const args of [["--no-augment"], ["--augment=false"], ["--augment", "false"]])
    assert.equal(parsed(...args).flags, { augment: false }, args.join(" "));
});

test("a flag is true or false, whatever else is said", () => {
  for (const value of ["no", "nope", "yes", "1", "0", "", "TRUE"])
    assert.is(
      refused(`--augment=${value}`),
      `rangeflow train: --augment=${value}, expected --augment or --no-augment, true or false.`,
    );
  assert.is(
    refused("--no-augment=false"),
    "rangeflow train: --no-augment=false, expected --no-augment without a value.",
  );
});

test("an option that is not there is told the nearest one, and its value is not complained of", () => {
  assert.is(refused("--epoch", "3"), "rangeflow train: unknown option --epoch, expected --epochs.");
  assert.is(refused("--no-augmnt"), "rangeflow train: unknown option --no-augmnt, expected --no-augment.");
  assert.is(
    refused("--colour", "blue", "red"),
    "rangeflow train: unknown option --colour, expected one that rangeflow train --help lists.",
  );
  assert.is(
    refused("-x"),
    "rangeflow train: unknown option -x, expected one that rangeflow train --help lists.",
  );
});

test("everything that is wrong is said at once", () => {
  assert.equal(refused("--epoch", "--augment=no", "--range-at=").split("\n").length, 3);
});

test("an option is no value of the one before it, a negative number is, and so is what stands behind a =", () => {
  assert.is(
    refused("--epochs", "--augment"),
    "rangeflow train: --epochs without a value, expected --epochs N.",
  );
  assert.is(parsed("--epochs", "-1").texts.epochs, "-1");
  assert.is(parsed("--epochs=--augment").texts.epochs, "--augment");
});

test("an empty argument is refused, as an empty value is", () => {
  assert.is(refused(""), "rangeflow train: an empty argument, expected a name or a path.");
  assert.is(refused("--epochs="), "rangeflow train: --epochs without a value, expected --epochs N.");
});

test("a letter stands for its option, and the help shows it", () => {
  assert.equal(parsed("-h").flags, { help: true });
  assert.match(helpText("rangeflow train", "Trains.", options), /^ {2}-h, --help {2,}show this$/m);
});

const said = async (...args: readonly string[]): Promise<string> => {
  let text = "";
  const code = await rangeflow(args, {
    out: (more) => (text += more),
    err: (more) => (text += more),
    draw: () => {},
    isLive: false,
  });
  return `${code} ${text}`;
};

test("the command says its version, and helps under every usual name", async () => {
  for (const name of ["--version", "-v"]) assert.is(await said(name), `0 ${version}\n`);
  assert.match(version, /^\d+\.\d+\.\d+/);
  const overview = await said("--help");
  for (const args of [[], ["-h"], ["help"]]) assert.is(await said(...args), overview);
  const ofTrain = await said("train", "--help");
  for (const args of [
    ["train", "-h"],
    ["help", "train"],
  ])
    assert.is(await said(...args), ofTrain);
});

test("the list of commands has a whole sentence for each", async () => {
  const lines = (await said()).split("\n").filter((line) => /^ {2}[a-z]+ {2,}/.test(line));
  assert.ok(lines.length >= 6);
  for (const line of lines) assert.match(line, /^ {2}[a-z]+ {2,}[A-Z].*\.$/);
});

test.run();
