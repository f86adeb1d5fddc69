/**
 * @file Makes a version: `npm run release -- major|minor|patch [--dry-run]`.
 *
 * On a clean main: runs the tests, raises the version in package.json and package-lock.json, gives what stands below Unreleased in
 * CHANGELOG.md the version and today's date, commits, and tags. Nothing leaves the machine: the last lines say how it is published.
 * A dry run checks the same and says what it would do.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const parts = ["major", "minor", "patch"];
const changelog = "CHANGELOG.md";
const heading = "## Unreleased\n";

const fail = (sentence) => {
  console.error(`release: ${sentence}`);
  process.exit(2);
};

const run = (command, ...args) => execFileSync(command, args, { stdio: "inherit" });
const said = (command, ...args) => execFileSync(command, args, { encoding: "utf8" }).trim();

/** `1.2.3` with one part raised and those behind it 0. */
const raised = (version, part) => {
  const at = parts.indexOf(part);
  return version
    .split(".")
    .map((number, i) => (i < at ? Number(number) : i === at ? Number(number) + 1 : 0))
    .join(".");
};

const args = process.argv.slice(2);
const part = args.find((arg) => parts.includes(arg));
const isDry = args.includes("--dry-run");
const strange = args.find((arg) => arg !== part && arg !== "--dry-run");
if (strange !== undefined) fail(`argument "${strange}", expected ${parts.join(", ")} or --dry-run.`);
if (part === undefined) fail(`no part of the version, expected ${parts.join(", ")}.`);

const branch = said("git", "branch", "--show-current");
if (branch !== "main") fail(`the branch ${branch || "of no name"}, expected main.`);
const changed = said("git", "status", "--porcelain");
if (changed !== "") fail(`files that are not committed, expected none:\n${changed}`);

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
if (!/^\d+\.\d+\.\d+$/.test(version)) fail(`the version ${version}, expected three numbers.`);
const next = raised(version, part);
const tag = `v${next}`;
if (said("git", "tag", "--list", tag) !== "") fail(`the tag ${tag} is there already.`);

const text = readFileSync(changelog, "utf8");
const at = text.indexOf(heading);
if (at < 0) fail(`no heading "${heading.trim()}" in ${changelog}.`);
const news = text
  .slice(at + heading.length)
  .split("\n## ")[0]
  .trim();
if (news === "") fail(`nothing below "${heading.trim()}" in ${changelog}, expected what ${next} brings.`);

const date = new Date().toISOString().slice(0, 10);
const dated = text.replace(heading, () => `${heading}\n## ${next} - ${date}\n`);

if (isDry) {
  console.log(
    `would run npm test, make ${next} of ${version}, date ${changelog} ${date}, commit, and tag ${tag}`,
  );
  process.exit(0);
}
run("npm", "test");
run("npm", "version", "--no-git-tag-version", next);
writeFileSync(changelog, dated);
run("git", "commit", "--quiet", "--all", "--message", `Version ${next}`);
run("git", "tag", "--annotate", tag, "--message", `Rangeflow ${next}`);
console.log(`${tag} is tagged; publish it with\n  git push --follow-tags\n  npm publish`);
