/** @file One step as a C function with its tables. */
import { inverseScale, type QParams } from "../../core/qparams.ts";
import { longestRun } from "../../core/runs.ts";
import { inverseArea, type Window } from "../../core/shape.ts";
import type { Shape } from "../../core/tensor.ts";
import type { PixelShuffleNode, Product, SubsampleNode } from "../inference/graph.ts";
import type { PlannedArena } from "./arena.ts";
import { type Helper, windowBytes } from "./cHelpers.ts";
import { madeIsSeen, pointers } from "./cPointers.ts";
import { commentText, floatTable, floatText, intTable, packedTable, type Table } from "./cText.ts";
import { readBy, type Step, type StepStage, type Stored, writtenBy } from "./steps.ts";

/** Context in which the text of a step is made. */
export interface CStepScope {
  readonly arena: PlannedArena;
  /** C name for the path of a layer. */
  readonly nameOf: (path: string) => string;
}

/** A step as C, and the memory that it takes. */
export interface CStep {
  readonly tables: readonly Table[];
  readonly helpers: readonly Helper[];
  readonly text: string;
  /** Call of the function, in a scope with `image` and `outputs`. */
  readonly call: string;
}

/** Statements that compute the number `v` of one element, or its code directly. */
interface Made {
  readonly tables: readonly Table[];
  readonly helpers: readonly Helper[];
  readonly lines: readonly string[];
}

/** Indices of one element: variables, or 0 if there is only one position. */
interface Indices {
  readonly p: string;
  readonly q: string;
  readonly o: string;
}

const indicesOf = ([height, width, channels]: Shape): Indices => ({
  p: height === 1 ? "0" : "p",
  q: width === 1 ? "0" : "q",
  o: channels === 1 ? "0" : "o",
});

const windowTable = (
  name: string,
  { kernelHeight, kernelWidth, stride, padding }: Window,
  [height, width, channels]: Shape,
  inputs: number,
  outputs: number,
): Table => {
  const fields = [height, width, channels, kernelHeight, kernelWidth, stride, padding, inputs, outputs];
  return { text: `static const window_t ${name} = { ${fields.join(", ")} };\n`, bytes: windowBytes };
};

/** One number per channel, or one for all, as a C expression. */
const vector = (
  name: string,
  values: ArrayLike<number>,
  o: string,
): { readonly tables: readonly Table[]; readonly text: string } =>
  values.length === 1
    ? { tables: [], text: floatText(values[0] as number) }
    : { tables: [floatTable(name, values)], text: `${name}[${o}]` };

const product = (node: Product, x: Stored, { p, q, o }: Indices, name: string): Made => {
  const { conv, weights, bias } = node;
  const { groups, inChannels, outChannels } = conv;
  const window = windowTable(`${name}_window`, conv, x.shape, inChannels / groups, outChannels / groups);
  const shift = bias && vector(`${name}_bias`, bias, o);
  const biased = shift ? [`v = v + ${shift.text};`] : [];
  const table = `${name}_weight`;
  if (weights.kind === "float32") {
    const sum = `sum_of_floats(&${name}_window, x, ${table}, ${p}, ${q}, ${o})`;
    return {
      tables: [window, floatTable(table, weights.values), ...(shift?.tables ?? [])],
      helpers: ["sum_of_floats"],
      lines: [`float v = ${sum};`, ...biased],
    };
  }
  const { codes, params } = weights;
  const isPacked = params.bits <= 4;
  const input = x.params as QParams;
  const scale = vector(
    `${name}_scale`,
    params.scale.map((one) => (input.scale[0] as number) * one),
    o,
  );
  const zeros = new Set(params.zeroPoint);
  const zero = zeros.size === 1 ? String(params.zeroPoint[0]) : `${name}_zero[${o}]`;
  const helper = isPacked ? "sum_of_halves" : "sum_of_bytes";
  const args = `&${name}_window, x, ${input.zeroPoint[0]}, ${table}, ${zero}, ${p}, ${q}, ${o}`;
  return {
    tables: [
      window,
      isPacked ? packedTable(table, codes) : intTable(table, codes, "int8_t"),
      ...scale.tables,
      ...(zeros.size === 1 ? [] : [intTable(`${name}_zero`, params.zeroPoint, "int32_t")]),
      ...(shift?.tables ?? []),
    ],
    helpers: [helper],
    lines: [`const int32_t sum = ${helper}(${args});`, `float v = (float)sum * ${scale.text};`, ...biased],
  };
};

const moved = (
  node: SubsampleNode | PixelShuffleNode,
  x: Stored,
  { p, q, o }: Indices,
): readonly string[] => {
  const [, width, channels] = x.shape as [number, number, number];
  if (node.op === "pixelShuffle") {
    const { factor, shape } = node;
    const from = `((((${p} / ${factor}) * ${width}) + (${q} / ${factor})) * ${channels})`;
    const channel = `((((${p} % ${factor}) * ${factor}) + (${q} % ${factor})) * ${shape[2]}) + ${o}`;
    return [`float v = x[${from} + (${channel})];`];
  }
  const { stride, before, shape } = node;
  const from = `(((${p} * ${stride} * ${width}) + (${q} * ${stride})) * ${channels})`;
  if (channels === shape[2]) return [`float v = x[${from} + ${o}];`];
  return [
    "float v = 0.0f;",
    `if ((${o} >= ${before}) && (${o} < ${before + channels})) {`,
    `    v = x[${from} + (${o} - ${before})];`,
    "}",
  ];
};

/** Channels of one part after another; -0 becomes 0. */
const joined = (parts: readonly Stored[], { p, q, o }: Indices, [, width]: Shape): readonly string[] => {
  let before = 0;
  const lines = ["float v = 0.0f;"];
  for (const [i, { shape }] of parts.entries()) {
    const channels = shape[2] as number;
    const isLast = i === parts.length - 1;
    const condition = isLast ? "" : `if (${o} < ${before + channels}) `;
    lines.push(`${i === 0 ? "" : "} else "}${condition}{`);
    lines.push(`    v = x${i}[(((${p} * ${width}) + ${q}) * ${channels}) + (${o} - ${before})] + 0.0f;`);
    before += channels;
  }
  return [...lines, "}"];
};

/** How the number of an element is obtained. */
const sourceOf = (step: Step, at: Indices, { nameOf }: CStepScope): Made => {
  const { source } = step;
  const plain = (...lines: readonly string[]): Made => ({ tables: [], helpers: [], lines });
  switch (source.kind) {
    case "load": {
      const { params } = source.x;
      if (params === undefined) return plain("float v = x[i];");
      const code = `((int32_t)x[i] - (${params.zeroPoint[0]}))`;
      return plain(`float v = ${floatText(params.scale[0] as number)} * (float)${code};`);
    }
    case "product":
      return product(source.node, source.x, at, nameOf(source.node.name));
    case "pool": {
      const { node, x } = source;
      const { op, window } = node;
      const name = `${nameOf(node.name)}_window`;
      const tables = [windowTable(name, window, x.shape, 1, 1)];
      const indices = `${at.p}, ${at.q}, ${at.o}`;
      if (op === "maxPool" && x.params)
        return {
          tables,
          helpers: ["max_of_codes"],
          lines: [`codes0[i] = max_of_codes(&${name}, x, ${indices});`],
        };
      if (op === "maxPool")
        return {
          tables,
          helpers: ["max_of_floats"],
          lines: [`float v = max_of_floats(&${name}, x, ${indices});`],
        };
      const mean = window.kernelHeight * window.kernelWidth > longestRun ? "mean_of_many" : "mean_of";
      const area = floatText(inverseArea(window));
      return { tables, helpers: [mean], lines: [`float v = ${mean}(&${name}, x, ${area}, ${indices});`] };
    }
    case "concat":
      return plain(...joined(source.parts, at, step.shape));
    case "move":
      return plain(...moved(source.node, source.x, at));
  }
};

const stageOf = (
  stage: StepStage,
  i: number,
  { o }: Indices,
  { nameOf }: CStepScope,
): Omit<Made, "helpers"> => {
  if (stage.kind === "add") return { tables: [], lines: [`v = v + other${i}[i];`] };
  const { node } = stage;
  switch (node.op) {
    case "clip": {
      const limit = (sign: string, end: number): readonly string[] =>
        Number.isFinite(end) ? [`v = (v ${sign} ${floatText(end)}) ? v : ${floatText(end)};`] : [];
      return { tables: [], lines: [...limit(">", node.lo), ...limit("<", node.hi)] };
    }
    case "scaled":
      return { tables: [], lines: [`v = v * ${floatText(node.factor)};`] };
    case "batchNorm": {
      const name = nameOf(node.name);
      const [mean, gain, offset] = (["mean", "gain", "offset"] as const).map((part) =>
        vector(`${name}_${part}`, node[part], o),
      ) as [ReturnType<typeof vector>, ReturnType<typeof vector>, ReturnType<typeof vector>];
      return {
        tables: [mean, gain, offset].flatMap(({ tables }) => tables),
        lines: [`v = v - ${mean.text};`, `v = v * ${gain.text};`, `v = v + ${offset.text};`],
      };
    }
  }
};

/** Statements that store the number as codes. */
const codesText = ({ codes }: Step): readonly string[] =>
  codes.flatMap(({ params }, k) => {
    if (params === undefined) return [];
    const zeroPoint = params.zeroPoint[0] as number;
    const inverse = floatText(inverseScale(params.scale[0] as number));
    const ends = `${params.qmin - zeroPoint}, ${params.qmax - zeroPoint}`;
    return [`codes${k}[i] = code_of(v, ${inverse}, ${ends}, ${zeroPoint});`];
  });

const indented = (lines: readonly string[], depth: number): readonly string[] =>
  lines.map((line) => (line.startsWith("#") ? line : `${"    ".repeat(depth)}${line}`));

/** Loops over the elements of a value around statements for each. */
const looped = ([height, width, channels]: Shape, inner: readonly string[]): readonly string[] => {
  const sides = [
    ["p", height],
    ["q", width],
    ["o", channels],
  ] as const;
  const loops = sides.filter(([, extent]) => extent !== 1);
  const opened = loops.map(
    ([index, extent], depth) =>
      `${"    ".repeat(depth)}for (int32_t ${index} = 0; ${index} < ${extent}; ${index}++) {`,
  );
  const closed = loops.map((_, depth) => `${"    ".repeat(loops.length - 1 - depth)}}`);
  return [...opened, ...indented([...inner, "i += 1;"], loops.length), ...closed];
};

/**
 * A step as C.
 *
 * @param index number of the step, which is part of its function's name
 * @param ends statements after its loops
 */
export const cStep = (step: Step, index: number, scope: CStepScope, ends: readonly string[]): CStep => {
  const { names, shape, stages, float32 } = step;
  const at = indicesOf(shape);
  const source = sourceOf(step, at, scope);
  const staged = stages.map((stage, k) => stageOf(stage, k, at, scope));
  const written = codesText(step);
  const lines = [
    ...source.lines,
    ...staged.flatMap((stage) => stage.lines),
    ...(float32 ? ["y[i] = v;"] : []),
    ...written,
  ];
  const places = [...readBy(step), ...writtenBy(step)];
  const image = places.some(({ of }) => of === "image") ? ["const float *image"] : [];
  const outputs = places.some(({ of }) => of === "outputs") ? ["float *outputs"] : [];
  const parameters = [...image, ...outputs];
  const body = [
    ...pointers(step, scope.arena),
    "int32_t i = 0;",
    ...looped(shape, lines),
    ...ends,
    madeIsSeen(step),
  ];
  const title = names.length === 0 ? "codes of the image" : names.map(commentText).join(", ");
  return {
    tables: [...source.tables, ...staged.flatMap(({ tables }) => tables)],
    helpers: [...source.helpers, ...(written.length > 0 ? (["code_of"] as const) : [])],
    text: `/* ${title} */\nstatic void step${index}(${parameters.join(", ") || "void"})\n{\n${indented(body, 1).join("\n")}\n}\n`,
    call: `step${index}(${[...(image.length > 0 ? ["image"] : []), ...(outputs.length > 0 ? ["outputs"] : [])].join(", ")});`,
  };
};
