/** @file `rangeflow traffic`: bytes moved per image with static and with dynamic ranges, by layer. */
import { type Problem, problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { wholeIn } from "../../core/numberText.ts";
import type { ConvShape } from "../../core/shape.ts";
import { imageShape, modelNamed, models } from "../../models/models.ts";
import { encodeJson } from "../files/json.ts";
import { convolutionsOf, type Traffic, trafficOf } from "../runs/traffic.ts";
import { bytesText, percent } from "../text/numbers.ts";
import { table } from "../text/table.ts";
import type { Arguments, Option } from "./args.ts";
import { type Command, jsonOption, type Terminal } from "./command.ts";

const options: readonly Option[] = [
  { name: "cin", kind: "text", value: "N", help: "input channels" },
  { name: "cout", kind: "text", value: "N", help: "output channels [cin if depthwise]" },
  { name: "kernel", kind: "text", value: "N", help: "kernel size" },
  { name: "width", kind: "text", value: "N", help: "width of the feature map, in and out" },
  { name: "height", kind: "text", value: "N", help: "height [width]" },
  { name: "depthwise", kind: "flag", help: "depthwise convolution: groups = channels" },
  {
    name: "model",
    kind: "text",
    value: "NAME",
    values: Object.keys(models),
    help: "count all convolutions and dense layers of a model instead of one layer",
  },
  {
    name: "input",
    kind: "text",
    value: "N",
    help: "height and width of the model's images [28 for lenet5, 96 for centerDetector, else 32]",
  },
  jsonOption,
];

type Texts = Readonly<Record<string, string>>;

/**
 * The integers that options give.
 *
 * @param missing the problem of options that are not given
 * @throws `RangeflowFailure` with `missing`, and a problem for each value that is not a positive integer
 */
const integers = (
  texts: Texts,
  names: readonly string[],
  missing: readonly Problem[] = [],
): Readonly<Record<string, number>> => {
  const given = names.flatMap((name) => (texts[name] === undefined ? [] : [[name, texts[name]] as const]));
  const wrong = given
    .filter(([, text]) => !(wholeIn(text) > 0))
    .map(([name, text]) => problem(`--${name}`, text, "an integer from 1"));
  if (missing.length + wrong.length > 0) throw new RangeflowFailure(...missing, ...wrong);
  return Object.fromEntries(given.map(([name, text]) => [name, wholeIn(text)]));
};

/** The problem of a layer without some of its sizes. */
const missingSizes = (texts: Texts, depthwise: boolean): readonly Problem[] => {
  const needed = ["cin", ...(depthwise ? [] : ["cout"]), "kernel", "width"];
  const missing = needed.filter((name) => texts[name] === undefined);
  return missing.length === 0
    ? []
    : [
        problem(
          "rangeflow traffic",
          `no ${missing.map((name) => `--${name}`).join(", ")}`,
          `${needed.map((name) => `--${name} N`).join(" ")}, or --model NAME`,
        ),
      ];
};

const ofLayer = (texts: Texts, depthwise: boolean): readonly Traffic[] => {
  const withDefaults: Texts = {
    ...texts,
    ...(texts.height === undefined && texts.width !== undefined && { height: texts.width }),
    ...(depthwise && texts.cout === undefined && texts.cin !== undefined && { cout: texts.cin }),
  };
  const sizes = ["cin", "cout", "kernel", "width", "height"] as const;
  const n = integers(withDefaults, sizes, missingSizes(texts, depthwise)) as Record<
    (typeof sizes)[number],
    number
  >;
  if (depthwise && n.cin !== n.cout)
    throw new RangeflowFailure(
      problem("--depthwise", `${n.cin} to ${n.cout} channels`, "as many output as input channels"),
    );
  const conv: ConvShape = {
    kernelHeight: n.kernel,
    kernelWidth: n.kernel,
    stride: 1,
    padding: 0,
    inChannels: n.cin,
    outChannels: n.cout,
    groups: depthwise ? n.cin : 1,
  };
  const name = `${depthwise ? `${n.cin} depthwise` : `${n.cin},${n.cout}`},${n.kernel},${n.width}x${n.height}`;
  return [trafficOf(name, conv, [n.height, n.width, n.cin], [n.height, n.width, n.cout])];
};

/** Refuses options of a layer together with --model, and options of a model without it. */
const checkOptions = (texts: Texts, depthwise: boolean | undefined): void => {
  const ofLayers = ["cin", "cout", "kernel", "width", "height"].filter((name) => texts[name] !== undefined);
  const odd = texts.model === undefined ? [] : [...ofLayers, ...(depthwise ? ["depthwise"] : [])];
  const problems = odd.map((name) =>
    problem(`--${name}`, "used with --model", "only one of the two", "leave one out"),
  );
  if (texts.model === undefined && texts.input !== undefined)
    problems.push(problem("--input", "used without --model", "only with --model NAME"));
  if (problems.length > 0) throw new RangeflowFailure(...problems);
};

/** Refuses numbers of bytes that are too large to be exact. */
const checkExact = (rows: readonly Traffic[]): void => {
  const large = rows.find(({ dynamicBytes }) => !Number.isSafeInteger(Math.ceil(dynamicBytes)));
  if (large)
    throw new RangeflowFailure(
      problem(
        `layer ${large.layer}`,
        `${large.dynamicBytes} bytes`,
        "fewer than 2^53, which are counted exactly",
      ),
    );
};

const ofModel = (texts: Texts): readonly Traffic[] => {
  const model = getOrThrow(modelNamed(texts.model as string));
  const [side, , channels] = imageShape(model) as [number, number, number];
  const { input } = integers({ input: String(side), ...texts }, ["input"]) as { input: number };
  return convolutionsOf(models[model], [input, input, channels]).map(({ path, conv, inShape, outShape }) =>
    trafficOf(path, conv, inShape, outShape),
  );
};

const total = (rows: readonly Traffic[]): Traffic => {
  const staticBytes = rows.reduce((sum, row) => sum + row.staticBytes, 0);
  const dynamicBytes = rows.reduce((sum, row) => sum + row.dynamicBytes, 0);
  return { layer: "total", staticBytes, dynamicBytes, extraPercent: 100 * (dynamicBytes / staticBytes - 1) };
};

const cells = ({ layer, staticBytes, dynamicBytes, extraPercent }: Traffic): readonly string[] => [
  layer,
  bytesText(staticBytes),
  bytesText(dynamicBytes),
  percent(extraPercent / 100, 1),
];

const run = async ({ texts, flags }: Arguments, { out }: Terminal): Promise<number> => {
  checkOptions(texts, flags.depthwise);
  const layers = texts.model === undefined ? ofLayer(texts, flags.depthwise ?? false) : ofModel(texts);
  const rows = layers.length > 1 ? [...layers, total(layers)] : layers;
  checkExact(rows);
  if (flags.json) for (const row of rows) out(`${encodeJson({ event: "traffic", ...row })}\n`);
  else out(`${table(["layer", "static", "dynamic", "extra"], rows.map(cells))}\n`);
  return 0;
};

export const trafficCommand: Command = {
  usage: "--cin N --cout N --kernel N --width N [--height N] [--depthwise] | --model NAME [--input N]",
  details:
    "Weights and activations have 8 bits, accumulators 32. A static range is known before its tensor. A dynamic range is known only after it, so all sums are written with 32 bits and read back. Matrix products of two activations, as in attention, are not counted. 1 KB is 1024 bytes.",
  options,
  run,
};
