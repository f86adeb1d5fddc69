/** @file A report as one HTML page that contains everything it shows and makes no network requests. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { paletteRules } from "../charts/palette.ts";
import { fewerPictures, picturesIn } from "../views/fewerPictures.ts";
import { halved } from "../views/halved.ts";
import { packed } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";
import type { ReportView, StudyView } from "../views/studyView.ts";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A file of the page, which the build places next to its modules. */
const pageFile = (name: string): string => readFileSync(new URL(`../page/${name}`, import.meta.url), "utf8");

/** Content policy: nothing outside the page may be loaded. */
const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** An HTML page with a title. It runs the page's script on the content of `body`. */
export const pageHtml = (title: string, body: string, contentPolicy = policy): string =>
  [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${paletteRules}${pageFile("page.css")}</style>`,
    "</head>",
    "<body>",
    '<main data-state="loading"><noscript>This page draws its charts with the script that it holds.</noscript></main>',
    body,
    `<script>${pageFile("page.js")}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");

const encoded = (report: ReportView): string => Buffer.from(gzipSync(packed(report))).toString("base64");

/** Largest size of a page in characters. */
const most = 5e6;

/** Number of buckets that each run keeps in any case. */
const fewest = 8;

const bucketsOf = ({ steps, width }: RunView): number => Math.ceil(steps / width);

/**
 * Smaller views of runs: first with fewer pictures, then with fewer and wider buckets, finally without pictures; undefined if nothing can
 * be saved any more.
 */
const smaller = (runs: readonly RunView[]): readonly RunView[] | undefined => {
  const widest = Math.max(...runs.map(bucketsOf));
  const pictures = Math.max(...runs.map(picturesIn));
  if (pictures > 1 || (pictures === 1 && widest <= fewest))
    return runs.map((run) => (2 * picturesIn(run) > pictures ? fewerPictures(run) : run));
  return widest > fewest ? runs.map((run) => (2 * bucketsOf(run) > widest ? halved(run) : run)) : undefined;
};

/** Data of a report as text that fits into the given size. */
const fitted = (report: ReportView, room: number): string => {
  const text = encoded(report);
  const runs = text.length <= room ? undefined : smaller(report.runs);
  return runs ? fitted({ ...report, runs }, room) : text;
};

/**
 * Report of some runs as the text of a file.
 *
 * @param study the study that the runs belong to, if any
 */
export const reportPage = (runs: readonly RunView[], study?: StudyView): string => {
  const title = study?.title ?? runs.map(({ name }) => name).join(", ");
  const empty = pageHtml(title, "");
  const data = fitted({ runs, ...(study && { study }) }, most - empty.length);
  return pageHtml(title, `<script id="runs" type="application/octet-stream">${data}</script>`);
};
