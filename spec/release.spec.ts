/** @file The release script, in a repository of its own with one commit and tests that do nothing. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { scratch } from "./pipelines/files/scratch.ts";

const test = suite("npm run release");
const script = resolve(".ci/release.mjs");
const today = new Date().toISOString().slice(0, 10);
const news = "# Changelog\n\n## Unreleased\n\n### Added\n- Something.\n\n## 0.1.0 - 2026-11-22\n";

/** A repository whose tests leave a file, so that one sees that they ran. */
const repository = (version = "0.1.9", changelog = news) => {
  const cwd = scratch();
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b.c", ...args], {
      cwd,
      encoding: "utf8",
    }).trim();
  const manifest = {
    name: "x",
    version,
    scripts: { test: "node -e \"fs.writeFileSync('tested.log', '')\"" },
  };
  writeFileSync(join(cwd, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(cwd, "CHANGELOG.md"), changelog);
  writeFileSync(join(cwd, ".gitignore"), "*.log\n");
  git("init", "--quiet", "--initial-branch", "main");
  git("config", "user.name", "a");
  git("config", "user.email", "a@b.c");
  git("add", "--all");
  git("commit", "--quiet", "--message", "First");
  const release = (...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
      cwd,
      encoding: "utf8",
    });
    return { status, said: stdout + stderr };
  };
  const versionNow = (): string => JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")).version;
  return { cwd, git, release, versionNow };
};

test("a minor version is tested, dated, committed and tagged", () => {
  const { cwd, git, release, versionNow } = repository();
  const { status, said } = release("minor");
  assert.is(status, 0, said);
  assert.match(said, /v0\.2\.0 is tagged; publish it with\n {2}git push --follow-tags\n {2}npm publish/);
  assert.is(versionNow(), "0.2.0");
  assert.match(
    readFileSync(join(cwd, "CHANGELOG.md"), "utf8"),
    `## Unreleased\n\n## 0.2.0 - ${today}\n\n### Added\n- Something.\n\n## 0.1.0 - 2026-11-22\n`,
  );
  assert.is(git("tag", "--list"), "v0.2.0");
  assert.is(git("log", "-1", "--format=%s"), "Version 0.2.0");
  assert.is(git("status", "--porcelain"), "");
  readFileSync(join(cwd, "tested.log"));
  assert.match(release("minor").said, 'nothing below "## Unreleased"');
});

test("a dry run says what it would do, and does nothing", () => {
  const { git, release, versionNow } = repository();
  for (const [part, next] of [
    ["major", "1.0.0"],
    ["minor", "0.2.0"],
    ["patch", "0.1.10"],
  ] as const) {
    const { status, said } = release(part, "--dry-run");
    assert.is(status, 0, said);
    assert.match(said, `make ${next} of 0.1.9, date CHANGELOG.md ${today}`);
  }
  assert.equal([versionNow(), git("tag", "--list"), git("log", "--format=%s")], ["0.1.9", "", "First"]);
});

test("another branch, changed files, a tag that is there, and nothing new are refused", () => {
  const refused = (change: (at: ReturnType<typeof repository>) => void, sentence: string | RegExp): void => {
    const at = repository();
    change(at);
    const { status, said } = at.release("patch");
    assert.equal([status, at.versionNow()], [2, "0.1.9"], said);
    assert.match(said, sentence);
  };
  refused(({ git }) => git("switch", "--quiet", "--create", "other"), "the branch other, expected main");
  refused(({ cwd }) => writeFileSync(join(cwd, "new"), ""), /files that are not committed.*\n\?\? new/);
  refused(({ git }) => git("tag", "v0.1.10"), "the tag v0.1.10 is there already");
  const { release } = repository("0.1.9", "# Changelog\n\n## Unreleased\n\n## 0.1.0 - 2026-11-22\n");
  assert.match(release("patch").said, 'nothing below "## Unreleased"');
  assert.match(release("huge").said, 'argument "huge", expected major, minor, patch or --dry-run');
  assert.match(release().said, "no part of the version");
});

test("a version whose tests fail is not made", () => {
  const { cwd, git, release, versionNow } = repository();
  writeFileSync(
    join(cwd, "package.json"),
    JSON.stringify({ name: "x", version: "0.1.9", scripts: { test: "exit 3" } }),
  );
  git("commit", "--quiet", "--all", "--message", "Second");
  assert.is.not(release("patch").status, 0);
  assert.equal([versionNow(), git("tag", "--list")], ["0.1.9", ""]);
});

test.run();
