/** @file Fails where a page of the installed package links to a file that is not in it. `.ci/run` runs it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

const home = "node_modules/rangeflow";

const pages = ["", "docs"].flatMap((folder) =>
  readdirSync(join(home, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

/** What a page links to, or shows, by a relative path. */
const targetsOf = (page) =>
  [...readFileSync(join(home, page), "utf8").matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target]) => target.replace(/#.*/, ""))
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));

const links = pages.flatMap((page) => targetsOf(page).map((target) => [page, target]));
const broken = links.filter(([page, target]) => !existsSync(join(home, dirname(page), target)));

for (const [page, target] of broken) console.log(`${page} links to ${target}, which is not in the package`);
console.log(
  `${links.length - broken.length} of ${links.length} links of ${pages.length} pages lead to a file`,
);
if (broken.length > 0 || links.length === 0) process.exitCode = 1;
