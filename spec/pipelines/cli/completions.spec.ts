/** @file Completions: bash answers with commands, options and values; what the other shells read is well formed. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rangeflow } from "../../../pipelines/cli/rangeflow.ts";
import { optionOf, settingNames } from "../../../pipelines/settings/settings.ts";
import { scratch } from "../files/scratch.ts";

const test = suite("completions");
const home = scratch();

const said = async (...args: readonly string[]) => {
  let text = "";
  const write = (more: string) => (text += more);
  const code = await rangeflow(args, { out: write, err: write, draw: () => {} });
  return { code, text };
};

const scripts = new Map<string, string>();
for (const shell of ["bash", "zsh", "fish"]) {
  const { code, text } = await said("completions", shell);
  assert.is(code, 0, shell);
  scripts.set(shell, join(home, shell));
  writeFileSync(join(home, shell), text);
}

const hasShell = (shell: string): boolean => spawnSync(shell, ["-c", "exit 0"]).status === 0;

/** Words that bash would complete each line with, whose last word is being written. */
const completed = (lines: readonly (readonly string[])[]): readonly (readonly string[])[] => {
  const quoted = (word: string): string => `'${word}'`;
  const program = [
    `source ${quoted(scripts.get("bash") ?? "")}`,
    ...lines.map(
      (words) =>
        `COMP_WORDS=(${["rangeflow", ...words].map(quoted).join(" ")}); COMP_CWORD=${words.length}; _rangeflow; echo "\${COMPREPLY[*]}" | tr '\\n' ' '; echo`,
    ),
  ];
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", program.join("\n")], { encoding: "utf8" });
  assert.is(stderr, "");
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").filter((word) => word !== ""));
};

if (hasShell("bash"))
  test("bash completes commands, options, names of models, methods and shells, and nothing where anything may follow", () => {
    const [commands, model, joined, all, flags, lr, estimator, shell, help] = completed([
      ["tr"],
      ["train", "--model", "resnet"],
      ["train", "--model", "=", "vgg"],
      ["train", "--"],
      ["train", "--no-"],
      ["train", "--lr", ""],
      ["train", "--gradient-range", "inH"],
      ["completions", ""],
      ["help", "comp"],
    ]);
    assert.equal(commands, ["train", "traffic"]);
    assert.equal(model, ["resnet20", "resnet18"]);
    assert.equal(joined, ["vgg16"]);
    for (const name of settingNames) assert.ok(all?.includes(optionOf(name)), name);
    assert.ok(flags?.includes("--no-augment"));
    assert.equal(lr, []);
    assert.equal(estimator, ["inHindsight"]);
    assert.equal(shell, ["bash", "zsh", "fish"]);
    assert.equal(help, ["compare", "completions"]);
  });

for (const shell of ["zsh", "fish"])
  if (hasShell(shell))
    test(`${shell} reads its script`, () => {
      const { status, stderr } = spawnSync(shell, ["-n", scripts.get(shell) ?? ""], { encoding: "utf8" });
      assert.equal([status, stderr], [0, ""]);
    });

test("a shell that is none of them is answered with the nearest", async () => {
  assert.equal(await said("completions", "bsah"), {
    code: 2,
    text: 'rangeflow completions: "bsah", expected bash.\n',
  });
  assert.match(
    (await said("completions")).text,
    /: no shell, expected one of bash, zsh, fish: rangeflow completions bash\|zsh\|fish\.$/m,
  );
  assert.is((await said("completions", "__proto__")).code, 2);
});

test.run();
