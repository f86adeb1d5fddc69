/** @file Arrays that a step in C reads and writes, as pointers. */
import type { PlannedArena } from "./arena.ts";
import type { Place, Step } from "./steps.ts";

const pointer = (place: Place, name: string, isWritten: boolean, arena: PlannedArena): string => {
  const type = place.type === "int8" ? "int8_t" : "float";
  const constant = isWritten ? "" : "const ";
  if (place.of !== "arena") return `${constant}${type} *const ${name} = ${place.of};`;
  const at = `&arena[${arena.offsetOf(place) / 4}]`;
  return `${constant}${type} *const ${name} = ${place.type === "int8" ? `(${constant}int8_t *)` : ""}${at};`;
};

/** Pointers to everything that a step reads and writes. */
export const pointers = (
  { source, stages, float32, codes }: Step,
  arena: PlannedArena,
): readonly string[] => [
  ...(source.kind === "concat"
    ? source.parts.map(({ place }, k) => pointer(place, `x${k}`, false, arena))
    : [pointer(source.x.place, "x", false, arena)]),
  ...stages.flatMap((stage, k) =>
    stage.kind === "add" ? [pointer(stage.other.place, `other${k}`, false, arena)] : [],
  ),
  ...(float32 ? [pointer(float32, "y", true, arena)] : []),
  ...codes.map(({ place }, k) => pointer(place, `codes${k}`, true, arena)),
];

/**
 * Reads the result of a step without effect. GCC 12 at -O1 and -O2 considers some steps to be functions without effect if their loops use
 * one counter for both arrays of the arena (not with -fno-ivopts), and drops their calls.
 */
export const madeIsSeen = ({ float32, codes }: Step): string =>
  float32 ? "(void)*(const volatile float *)y;" : `(void)*(const volatile int8_t *)codes${codes.length - 1};`;
