/** @file Bytes that quantization has moved and static ranges have saved, and products computed in integers. */
import { bytesMoved, layerBytes, totalBytes } from "../charts/bytesMoved.ts";
import { roleTitles } from "../charts/chart.ts";
import { bytesText, shareText } from "../text/numbers.ts";
import type { RunView } from "../views/runView.ts";
import { element, section, table, tableBehind } from "./element.ts";
import { chartOptions, type Place } from "./look.ts";

const total = ({ run, look: { steps } }: Place): string => {
  const { statically, dynamically, saved } = totalBytes(run, steps);
  const moved = statically + dynamically;
  const when = steps ? ` in steps ${steps[0]} to ${Math.min(steps[1], run.steps) - 1}` : "";
  return `Quantizing has moved ${bytesText(moved)}${when}: ${bytesText(statically)} for tensors whose range was there before them, ${bytesText(dynamically)} for those that waited for theirs. The former have saved ${bytesText(saved)}, ${shareText(saved / Math.max(1, moved + saved))} of what would have been moved if all had waited.`;
};

type Products = NonNullable<RunView["done"]>["products"];

const productsText = (products: Products): string =>
  products
    .map(
      ({ product, integer, blocks = [], float32 }) =>
        `${integer.length} of ${integer.length + blocks.length + float32.length} ${product}${blocks.length > 0 ? ` (${blocks.length} inside blocks)` : ""}`,
    )
    .join(", ");

const productTable = (products: Products): HTMLTableElement => {
  const layers = [
    ...new Set(products.flatMap(({ integer, blocks = [], float32 }) => [...integer, ...blocks, ...float32])),
  ];
  const kindOf = (layer: string, { integer, blocks = [], float32 }: Products[number]): string => {
    if (integer.includes(layer)) return "integer";
    if (blocks.includes(layer)) return "integer in blocks";
    return float32.includes(layer) ? "float32" : "none";
  };
  return table(
    ["layer", ...products.map(({ product }) => product)],
    layers.map((layer) => [layer, ...products.map((one) => kindOf(layer, one))]),
  );
};

const products = ({ done }: RunView): readonly HTMLElement[] =>
  done === undefined
    ? [element("p", { class: "about" }, "Which products were of integers is told at the end of a run.")]
    : [
        element("p", {}, `Products of integers: ${productsText(done.products)}.`),
        tableBehind("Products as a table", () => productTable(done.products)),
      ];

const accumulators = ({ done }: RunView): readonly HTMLElement[] =>
  done === undefined || done.accumulators.length === 0
    ? []
    : [
        element("h3", {}, "Sums that did not fit their accumulator"),
        table(
          ["layer", "overflows", "sums", "share"],
          done.accumulators.map(({ site, overflows, sums }) => [
            site,
            String(overflows),
            String(sums),
            shareText(overflows / sums),
          ]),
        ),
      ];

export const bytesSection = (place: Place): HTMLElement => {
  const { run, look } = place;
  if (run.sites.length === 0)
    return section(
      "bytes",
      "Bytes and products",
      element(
        "p",
        { class: "about" },
        "No site of this run has quantized anything: nothing was moved for it.",
      ),
      ...products(run),
    );
  return section(
    "bytes",
    "Bytes and products",
    element("p", {}, total(place)),
    bytesMoved(run, chartOptions(place)),
    tableBehind("Bytes as a table", () =>
      table(
        ["layer", "of", "moved, static", "moved, dynamic", "saved"],
        layerBytes(run, look.steps).map((one) => [
          one.layer,
          roleTitles[one.role],
          String(one.statically),
          String(one.dynamically),
          String(one.saved),
        ]),
      ),
    ),
    ...products(run),
    ...accumulators(run),
  );
};
