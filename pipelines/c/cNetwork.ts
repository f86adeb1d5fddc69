/** @file Writes a graph as one header and one source file of C11: integer arithmetic in static memory. */
import type { QParams } from "../../core/qparams.ts";
import { shapeText, sizeOf } from "../../core/tensor.ts";
import type { Normalization } from "../data/normalization.ts";
import type { InferenceGraph } from "../inference/graph.ts";
import { codesOf } from "../inference/runGraph.ts";
import { version } from "../version.ts";
import { plannedArena } from "./arena.ts";
import { helperTexts, windowType } from "./cHelpers.ts";
import { cStep } from "./cStep.ts";
import { commentText, doubleText, floatText, intTable, namesOf } from "./cText.ts";
import { type Place, type Program, programOf, type Step } from "./steps.ts";

/** The two files, and the memory that the network takes. */
export interface CNetwork {
  readonly header: string;
  readonly source: string;
  /** Bytes of static memory. */
  readonly arenaBytes: number;
  /** Bytes of constant tables: weights, biases, scales and normalizations. Code comes on top. */
  readonly tableBytes: number;
}

/**
 * Codes of all bytes, channel by channel: what the run makes of pixels, without float32.
 *
 * @param grid grid of the image
 */
const pixelCodes = ({ mean, std }: Normalization, grid: QParams): Int8Array => {
  const pixels = mean.flatMap((m, c) =>
    Array.from({ length: 256 }, (_, byte) => (byte / 255 - m) / (std[c] as number)),
  );
  return codesOf(grid, Float32Array.from(pixels));
};

/** Grid of the image, if only a quantizer reads it. */
const imageGrid = ({ nodes }: InferenceGraph, [first]: readonly Step[]): QParams | undefined => {
  const isAlone = nodes.filter(({ inputs }) => inputs.includes("image")).length === 1;
  const reads = first?.source.kind === "load" && first.source.x.place.of === "image";
  return isAlone && reads && first.stages.length === 0 && !first.float32 ? first.codes[0]?.params : undefined;
};

const madeFrom = ({ name, step }: InferenceGraph): string =>
  `Made by rangeflow ${commentText(version)} of the run ${commentText(name)}, step ${step}.`;

interface HeaderFacts {
  readonly prefix: string;
  readonly grid: QParams | undefined;
  readonly takesPixels: boolean;
  readonly arenaBytes: number;
  readonly tableBytes: number;
  readonly sites: readonly string[];
}

const headerText = (
  graph: InferenceGraph,
  { prefix, grid, takesPixels, arenaBytes, tableBytes, sites }: HeaderFacts,
): string => {
  const PREFIX = prefix.toUpperCase();
  const [height, width, channels] = graph.imageShape;
  const output = graph.nodes.at(-1)?.shape ?? [];
  const classes = graph.classes.map(commentText).join(", ");
  const { normalization } = graph;
  const list = (values: readonly number[]): string => `{${values.map(doubleText).join(", ")}}`;
  const macro = (name: string, value: number | string): string => `#define ${PREFIX}_${name} ${value}\n`;
  return `\
/*
 * ${madeFrom(graph)}
 *
 * An image is ${shapeText(graph.imageShape)}: height, width, channels, row by row, the channels of a pixel side by side, as float
 * numbers${normalization ? `: (pixel / 255 - mean) / std of its channel` : " as the data of the run have them"}. They have to be finite.
 * Outputs are ${shapeText(output)}, in the same order${classes === "" ? "" : `: a number for each class, ${classes}`}.
 *
 * All memory is static: one network runs at a time. Compile with -std=c11 or -ffp-contract=off, and without
 * -ffast-math: codes are then those of the run to the bit.
 */
#ifndef ${PREFIX}_H
#define ${PREFIX}_H

#include <stdint.h>

${macro("IMAGE_HEIGHT", height as number)}${macro("IMAGE_WIDTH", width as number)}${macro("IMAGE_CHANNELS", channels as number)}${macro("IMAGE_SIZE", sizeOf(graph.imageShape))}${macro("OUTPUTS", sizeOf(output))}\
/* Bytes of static memory, and of constant tables. */
${macro("ARENA_BYTES", arenaBytes)}${macro("TABLE_BYTES", tableBytes)}\
${
  normalization === undefined
    ? ""
    : `/* What pixels from 0 to 1 are normalized with, channel by channel: static const double mean[${PREFIX}_IMAGE_CHANNELS] = ${PREFIX}_IMAGE_MEAN; */
${macro("IMAGE_MEAN", list(normalization.mean))}${macro("IMAGE_STD", list(normalization.std))}`
}${
  grid === undefined
    ? ""
    : `/* The code of an element of the image is x / scale, rounded to the nearest integer, ties to the even one, + zero point, from -128 to 127 at most. */
${macro("IMAGE_SCALE", floatText(grid.scale[0] as number))}${macro("IMAGE_ZERO_POINT", `(${grid.zeroPoint[0]})`)}${macro("IMAGE_LEAST_CODE", `(${grid.qmin})`)}${macro("IMAGE_GREATEST_CODE", grid.qmax)}`
}
#ifdef __cplusplus
extern "C" {
#endif

/* Outputs of one image. */
void ${prefix}_run(const float *image, float *outputs);
${grid === undefined ? "" : `\n/* The same of an image as codes. */\nvoid ${prefix}_run_codes(const int8_t *image, float *outputs);\n`}${
  takesPixels
    ? `\n/* The same of an image as bytes from 0 to 255, which are normalized. */\nvoid ${prefix}_run_pixels(const uint8_t *image, float *outputs);\n`
    : ""
}
#ifdef ${PREFIX}_TRACE
/*
 * Yours, if you define ${PREFIX}_TRACE: it is told the codes of each activation that is quantized, height, width, channels, as soon as they are there:
${sites.map((site, i) => ` * ${i}: ${commentText(site)}`).join("\n")}
 */
void ${prefix}_trace(int32_t site, const int8_t *codes, int32_t count);
#endif

#ifdef __cplusplus
}
#endif

#endif
`;
};

const guards = (prefix: string): string => `\
#if FLT_EVAL_METHOD != 0
#error "float has to be computed as float; on 32-bit x86 with -msse2 -mfpmath=sse"
#endif
#if defined(__FAST_MATH__)
#error "-ffast-math changes the order of operations: compile without it"
#endif
#if defined(__GNUC__) && !defined(__clang__)
#if !defined(__STRICT_ANSI__) && !defined(${prefix.toUpperCase()}_NO_CONTRACTION)
#error "GCC may fuse a product and a sum: compile with -std=c11, or with -ffp-contract=off -D${prefix.toUpperCase()}_NO_CONTRACTION"
#endif
#else
#pragma STDC FP_CONTRACT OFF
#endif
`;

/** Calls that report the codes of a step, if tracing is compiled in. */
const tracesOf = ({ codes }: Step, { sites }: Program, prefix: string): readonly string[] => {
  const calls = codes.flatMap(({ place }, k) =>
    sites.flatMap((site, index) =>
      site.place === place ? [`${prefix}_trace(${index}, codes${k}, ${place.size});`] : [],
    ),
  );
  return calls.length === 0 ? [] : [`#ifdef ${prefix.toUpperCase()}_TRACE`, ...calls, "#endif"];
};

/**
 * A graph as C: `void ${prefix}_run(const float *image, float *outputs)` and, if the image is quantized, a variant that takes its codes.
 *
 * @param prefix name of both files, and prefix of everything that they export
 */
export const cNetwork = (graph: InferenceGraph, prefix: string): CNetwork => {
  const program = programOf(graph);
  const { steps, sites } = program;
  const arena = plannedArena(steps);
  const scope = { arena, nameOf: namesOf() };
  const made = steps.map((step, i) => cStep(step, i, scope, tracesOf(step, program, prefix)));
  const grid = imageGrid(graph, steps);
  const channels = graph.imageShape[2] as number;
  const pixels =
    grid && graph.normalization && intTable("pixel_code", pixelCodes(graph.normalization, grid), "int8_t");
  const tables = [...(pixels ? [pixels] : []), ...made.flatMap((step) => step.tables)];
  const called = new Set(made.flatMap((step) => step.helpers));
  const tableBytes = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  const calls = made.map(({ call }) => `    ${call}`);
  /** A function that takes the image as codes, or as values for which a table has the codes. */
  const runOther = (name: string, type: string, code: string): string => {
    const codes = steps[0]?.codes[0]?.place as Place;
    return `
void ${prefix}_${name}(const ${type} *image, float *outputs)
{
    int8_t *const codes = (int8_t *)&arena[${arena.offsetOf(codes) / 4}];
    for (int32_t i = 0; i < ${codes.size}; i++) {
        codes[i] = ${code};
    }
${calls.slice(1).join("\n")}
}
`;
  };
  const pixel =
    channels === 1 ? "pixel_code[image[i]]" : `pixel_code[((i % ${channels}) * 256) + (int32_t)image[i]]`;
  const others = [
    ...(grid ? [runOther("run_codes", "int8_t", "image[i]")] : []),
    ...(pixels ? [runOther("run_pixels", "uint8_t", pixel)] : []),
  ];
  const source = `\
/* ${madeFrom(graph)} See ${prefix}.h. */
#include "${prefix}.h"

#include <float.h>
#include <stdint.h>

${guards(prefix)}
${arena.bytes === 0 ? "" : `/* All values, each for as long as it is needed. */\nstatic float arena[${arena.bytes / 4}];\n\n`}${windowType}
${tables.map(({ text }) => text).join("\n")}
${helperTexts(called).join("\n")}
${made.map(({ text }) => text).join("\n")}
void ${prefix}_run(const float *image, float *outputs)
{
${calls.join("\n")}
}
${others.join("")}`;
  const arenaBytes = arena.bytes;
  const facts = { prefix, grid, takesPixels: pixels !== undefined, arenaBytes, tableBytes };
  return {
    header: headerText(graph, { ...facts, sites: sites.map(({ site }) => site) }),
    source,
    arenaBytes,
    tableBytes,
  };
};
