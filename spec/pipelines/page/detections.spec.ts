/** @file Detections of a run in a browser: pictures, the boxes on them, and the slider of scores. */
import type { Page } from "playwright-core";
import * as assert from "uvu/assert";
import type { DetectedPicture } from "../../../pipelines/runs/detectedPictures.ts";
import type { RunView } from "../../../pipelines/views/runView.ts";
import { browserSuite } from "../../support/browser.ts";
import { textContrasts } from "../../support/contrast.ts";
import { madeUp } from "../../support/runViews.ts";

const { test, openReport, run } = browserSuite("page/detections");

/** A picture of 3 rows and 5 columns, whose rows of a bitmap are filled up to 16 bytes. */
const bytes = Uint8Array.from({ length: 45 }, (_, i) => (i * 37) % 256);

const image: DetectedPicture = {
  ...{ height: 30, width: 50 },
  picture: { height: 3, width: 5, channels: 3, bytes: Buffer.from(bytes).toString("base64") },
  truth: [
    { label: 0, box: [5, 5, 15, 25] },
    { label: 1, box: [30, 2, 48, 12] },
  ],
  found: [
    { label: 0, box: [5, 5, 15, 24], score: 0.9 },
    { label: 0, box: [30, 2, 48, 12], score: 0.6 },
    { label: 1, box: [30, 2, 48, 11], score: 0.25 },
  ],
};

const grey: DetectedPicture = {
  ...image,
  picture: { height: 1, width: 2, channels: 1, bytes: Buffer.from([10, 200]).toString("base64") },
  truth: [],
  found: [],
};

const view: RunView = madeUp({
  change: {
    detections: { epoch: 3, step: 60, classes: ["cat <b>", "dog"], images: [image, grey] },
    epochs: madeUp().epochs.map((epoch) => ({
      ...epoch,
      metric: "mAP@0.5",
      testScore: 0.2 * epoch.epoch,
      metrics: [
        { name: "mAP@0.5", test: 0.2 * epoch.epoch },
        { name: "mAP", test: 0.1 * epoch.epoch },
      ],
    })),
  },
});

/** Kinds and names of the boxes of the first picture that are shown; of one whose name is hidden the kind. */
const shownBoxes = (page: Page): Promise<readonly string[]> =>
  page.$eval("#detections .picture", (figure) =>
    [...figure.querySelectorAll("g.box")]
      // A group that is not displayed is visible for checkVisibility of Chromium.
      .filter((box) => getComputedStyle(box).display !== "none")
      .map((box) => {
        const text = box.querySelector("text")!;
        return `${box.classList[1]} ${text.checkVisibility() ? text.textContent : ""}`.trim();
      }),
  );

const captions = (page: Page): Promise<readonly string[]> =>
  page.$$eval("#detections figcaption", (all) => all.map((one) => one.textContent ?? ""));

test("boxes have class, score and kind, captions count them, scores of all test images stand above", async () => {
  const { page, complaints, requests } = await openReport([view]);
  assert.equal(await shownBoxes(page), ["there", "there dog", "wrong cat <b> 0.60", "right cat <b> 0.90"]);
  assert.equal(await captions(page), [
    "image 0: 1 of 2 objects found, 1 wrong",
    "image 1: 0 of 0 objects found, 0 wrong",
  ]);
  const figures = await page.$$eval("#detections .figures > div", (all) =>
    all.map((one) => [...one.children].map((part) => part.textContent)),
  );
  assert.equal(figures, [
    ["mAP@0.5", "60.00 %", "all test images, epoch 3"],
    ["mAP", "30.00 %", "all test images, epoch 3"],
  ]);
  const corners = await page.$eval("#detections g.right rect", (rect) =>
    ["x", "y", "width", "height"].map((name) => Number(rect.getAttribute(name))),
  );
  // The least sure comes first, below the others.
  assert.equal(corners, [30, 2, 18, 9]);
  assert.equal(complaints, []);
  assert.equal(
    requests.filter((url) => !url.startsWith("data:image/bmp")),
    [],
  );
});

test("a picture has the very pixels of its bytes", async () => {
  const { page } = await openReport([view]);
  const pixels = await page.$$eval("#detections image", (all) =>
    Promise.all(
      all.map(async (one) => {
        const picture = new Image();
        picture.src = one.getAttribute("href")!;
        await picture.decode();
        const pen = document.createElement("canvas").getContext("2d")!;
        pen.drawImage(picture, 0, 0);
        const { data } = pen.getImageData(0, 0, picture.width, picture.height);
        return [...data].filter((_, i) => i % 4 < 3);
      }),
    ),
  );
  assert.equal(pixels[0], [...bytes]);
  assert.equal(pixels[1], [10, 10, 10, 200, 200, 200]);
});

test("the slider shows boxes from its score on, by keys and by hand, and stays where it is put", async () => {
  const { page, complaints } = await openReport([view]);
  const slider = page.locator("#detections input[type=range]");
  await slider.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal((await shownBoxes(page)).slice(2), [
    "right dog 0.25",
    "wrong cat <b> 0.60",
    "right cat <b> 0.90",
  ]);
  assert.is((await captions(page))[0], "image 0: 2 of 2 objects found, 1 wrong");
  for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
  assert.is(await page.locator("#detections output").textContent(), "0.65");
  assert.equal(await shownBoxes(page), ["there", "there dog", "right cat <b> 0.90"]);
  await slider.fill("0.95");
  assert.equal(await shownBoxes(page), ["there cat <b>", "there dog"]);
  assert.is(
    await page.getAttribute("#detections svg", "aria-label"),
    "image 0: 0 of 2 objects found, 0 wrong",
  );
  await page.setViewportSize({ width: 700, height: 900 });
  await page.waitForTimeout(300);
  assert.is(await page.locator("#detections output").textContent(), "0.95");
  assert.equal(complaints, []);
});

test("the table tells all boxes", async () => {
  const { page } = await openReport([view]);
  await page.click("#detections summary");
  const rows = await page.$$eval("#detections tbody tr", (all) =>
    all.map((row) => [...row.children].map((cell) => cell.textContent).join(" | ")),
  );
  assert.is(rows.length, 5);
  assert.is(rows[3], "0 | found | cat <b> | 0.600 | 30.0, 2.0, 48.0, 12.0");
});

test("texts can be read in light and dark, and the page is no wider than its window", async () => {
  for (const colorScheme of ["light", "dark"] as const)
    for (const width of [360, 1400]) {
      const { page } = await openReport([view], { colorScheme, viewport: { width, height: 900 } });
      const poor = (await textContrasts(page)).filter(({ contrast }) => contrast < 4.5);
      assert.equal(poor, [], `${colorScheme} ${JSON.stringify(poor)}`);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    }
});

test("a run without detections has neither the part nor a link to it", async () => {
  const { page } = await openReport([madeUp()]);
  assert.is(await page.locator("#detections").count(), 0);
  assert.not.match((await page.textContent("nav")) ?? "", /Detections/);
  const other = await openReport([view]);
  assert.match((await other.page.textContent("nav")) ?? "", /Detections/);
});

run();
