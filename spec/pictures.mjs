/**
 * @file Makes the pictures of reports in `docs/images` again: trains some runs, reports them, and takes pictures of the pages in Chromium.
 *
 *     npm run build && node spec/pictures.mjs DATA [RUNS]
 *
 * DATA has the folders `mnist` and `cifar10`; what is already in RUNS is not trained again. Takes some minutes.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { chromiumPath } from "../dist/pipelines/bench/chromium.js";

const [data, home = mkdtempSync(join(tmpdir(), "rangeflow-pictures-"))] = process.argv.slice(2);
if (data === undefined) throw new Error("no folder of data, expected node spec/pictures.mjs DATA [RUNS]");
const images = fileURLToPath(new URL("../docs/images", import.meta.url));
const main = fileURLToPath(new URL("../dist/pipelines/cli/main.js", import.meta.url));

const rangeflow = (...args) => {
  const { status } = spawnSync(process.execPath, [main, ...args], { cwd: home, stdio: "inherit" });
  if (status !== 0) throw new Error(`rangeflow ${args.join(" ")} has ended with ${status}`);
};

// A name that is the same on every machine, since the pages show it.
if (!existsSync(join(home, "data"))) symlinkSync(resolve(data), join(home, "data"));
const mnist = ["--data", "mnist", "--data-dir", "data/mnist"];
const cifar10 = ["--model", "resnet20", "--data", "cifar10", "--data-dir", "data/cifar10"];

/** The options of each run, by its directory. */
const runs = {
  "lenet5-mnist": [
    ...[...mnist, "--limit", "8000", "--test-limit", "2000", "--epochs", "4"],
    ...["--sqnr-every", "10", "--histogram-every", "25"],
  ],
  "lenet5-dynamic": [
    ...[...mnist, "--limit", "8000", "--test-limit", "2000", "--epochs", "4"],
    ...["--activation-range", "currentMinMax", "--gradient-range", "currentMinMax"],
  ],
  diverges: [...mnist, "--limit", "6000", "--test-limit", "1000", "--epochs", "3", "--lr", "2"],
  "resnet20-cifar10": [
    ...[...cifar10, "--limit", "2000", "--test-limit", "500", "--epochs", "3", "--batch", "32"],
    ...["--lr", "0.05", "--sqnr-every", "10", "--histogram-every", "20"],
  ],
  "centerDetector-scenes": [
    ...["--model", "centerDetector", "--data", "scenes", "--limit", "2000", "--test-limit", "200"],
    ...["--batch", "16", "--lr", "0.1", "--epochs", "2"],
  ],
};

/** The reports: runs, and estimators that are replayed. */
const reports = {
  mnist: ["lenet5-mnist"],
  others: ["lenet5-mnist", "--estimator", "currentMinMax", "--estimator", "inHindsight:decay=0.5"],
  diverges: ["diverges"],
  resnet20: ["resnet20-cifar10"],
  scenes: ["centerDetector-scenes"],
  compared: ["lenet5-mnist", "lenet5-dynamic"],
};

/** A picture: part of a report, or all that is in sight, with what is chosen and clicked before. */
const pictures = [
  { name: "report", report: "mnist", width: 1440, height: 1000 },
  { name: "summary", report: "diverges", part: "#summary" },
  { name: "learning", report: "diverges", part: "#learning" },
  { name: "fit-map", report: "resnet20", part: "#fit" },
  { name: "detections", report: "scenes", part: "#detections", width: 1240, scale: 1, photograph: true },
  { name: "site", report: "others", part: "#site", site: "conv2/gradient", scale: 1.2 },
  { name: "bytes", report: "resnet20", part: "#bytes" },
  { name: "dark", report: "mnist", width: 1440, height: 1000, colorScheme: "dark" },
  { name: "compare", report: "compared", width: 1240, height: 1000 },
];

/** Bytes of a picture at most. */
const most = 150_000;

for (const [name, options] of Object.entries(runs))
  if (!existsSync(join(home, name, "done.json"))) rangeflow("train", ...options, "--out", name);
for (const [name, args] of Object.entries(reports)) rangeflow("report", ...args, "--out", `${name}.html`);

mkdirSync(images, { recursive: true });
const browser = await chromium.launch({ executablePath: chromiumPath(), args: ["--no-sandbox"] });
for (const picture of pictures) {
  const {
    name,
    report,
    part,
    site,
    click,
    width = 900,
    height = 4000,
    scale = 1.5,
    colorScheme = "light",
    photograph = false,
  } = picture;
  const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: scale });
  const address = pathToFileURL(join(home, `${report}.html`));
  if (site) address.hash = `site=${encodeURIComponent(site)}`;
  await page.goto(address.href);
  await page.waitForSelector("main[data-state=ready]");
  if (click) await page.click(click);
  const shot = await (part ? page.locator(part).screenshot() : page.screenshot());
  // What is drawn has few colours, a photograph has not.
  const file = join(images, `${name}.${photograph ? "jpg" : "png"}`);
  await (photograph
    ? sharp(shot).jpeg({ quality: 70, mozjpeg: true })
    : sharp(shot).png({ palette: true, colours: 40, effort: 10, compressionLevel: 9 })
  ).toFile(file);
  const { size } = statSync(file);
  console.log(`${file}: ${Math.round(size / 1000)} kB`);
  if (size > most) throw new Error(`${file} has ${size} bytes, expected at most ${most}`);
  await page.close();
}
await browser.close();
