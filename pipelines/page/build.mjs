/**
 * @file Bundles the page of reports, its charts and Observable Plot into one script, which a report holds in itself.
 */
import { copyFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../../dist/pipelines/page");

const { outputFiles } = await build({
  entryPoints: [join(target, "main.js")],
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "inline",
  write: false,
});

// A script that stands in a page must not end it.
const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
writeFileSync(join(target, "page.js"), script);
copyFileSync(join(here, "page.css"), join(target, "page.css"));
