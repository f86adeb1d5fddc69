/** @file A report: one page of HTML that holds everything it shows, and asks nothing of any network. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { packed } from "../views/packed.ts";
import type { RunView } from "../views/runView.ts";

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** A file of the page, which the build has laid beside its modules. */
const pageFile = (name: string): string => readFileSync(new URL(`../page/${name}`, import.meta.url), "utf8");

/** Nothing but what stands in the page may be loaded. */
const policy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** A page of HTML with a title, which runs the script of the page on what stands in `body`. */
export const pageHtml = (title: string, body: string, contentPolicy = policy): string =>
  [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${pageFile("page.css")}</style>`,
    "</head>",
    "<body>",
    '<main data-state="loading"><noscript>This page draws its charts with the script that it holds.</noscript></main>',
    body,
    `<script>${pageFile("page.js")}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");

/** The report of some runs, as the text of a file. */
export const reportPage = (runs: readonly RunView[]): string => {
  const data = Buffer.from(gzipSync(packed(runs))).toString("base64");
  return pageHtml(
    runs.map(({ name }) => name).join(", "),
    `<script id="runs" type="application/octet-stream">${data}</script>`,
  );
};
