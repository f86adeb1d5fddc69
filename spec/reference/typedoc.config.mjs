/** @file How `npm run docs` makes the API reference: a page for each entrance of the package, and those of `docs/`. */
import { OptionDefaults } from "typedoc";

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  name: "Rangeflow",
  tsconfig: "../../tsconfig.json",
  entryPoints: [
    "../../pipelines/rangeflow.ts",
    "../../core/index.ts",
    "../../core/engines/index.ts",
    "../../quantizers/index.ts",
    "../../operators/index.ts",
    "../../models/index.ts",
    "../../pipelines/index.ts",
    "../../pipelines/charts.ts",
  ],
  out: "../../api",
  readme: "../../README.md",
  projectDocuments: [
    "../../docs/write-*.md",
    "../../docs/your-own-data.md",
    "../../docs/coming-from-pytorch.md",
    "../../docs/command-line.md",
    "../../docs/notebooks.md",
  ],
  excludeExternals: true,
  excludeInternal: true,
  disableSources: true,
  validation: {
    notExported: false,
  },
  highlightLanguages: ["typescript", "sh", "python", "json"],
  sort: ["source-order"],
  blockTags: [...OptionDefaults.blockTags, "@file"],
};
