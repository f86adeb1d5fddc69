/** @file Calls of a projection, which may be user code: it receives a copy, and its result is checked. */
import type { QParams } from "../../core/qparams.ts";
import type { Projected, Projecting, Projection } from "../../quantizers/projections/projection.ts";
import type { Scope } from "../module/module.ts";
import { foreign, notBytes, notNumbers } from "./foreign.ts";

/** The copy that projections read. One buffer serves all tensors, because a projection finishes before the next starts. */
let copies = new Float32Array(0);

const copyOf = (x: Float32Array): Float32Array => {
  if (copies.length < x.length) copies = new Float32Array(x.length);
  const copy = copies.subarray(0, x.length);
  copy.set(x);
  return copy;
};

/** What is wrong with a scale and zero point; `undefined` if products can use them. */
const notParams = (params: QParams | undefined): string | undefined => {
  const { scale, zeroPoint } = params ?? {};
  const isWhole =
    scale instanceof Float32Array &&
    zeroPoint instanceof Int32Array &&
    scale.length === 1 &&
    zeroPoint.length === 1 &&
    (scale[0] as number) > 0 &&
    Number.isFinite(scale[0]);
  return isWhole ? undefined : "integers without one positive scale and one zero point";
};

/** What is wrong with the integers beside the values; `undefined` if nothing is. */
export const notIntegers = (integers: Projected["integers"], size: number): string | undefined => {
  if (integers === undefined) return undefined;
  return integers?.codes === undefined
    ? "integers without codes"
    : (notBytes(integers.codes, size, "codes") ?? notParams(integers.params));
};

const wrongWith = (given: Projected | null | undefined, x: Float32Array): string | undefined => {
  if (typeof given !== "object" || given === null) return String(given);
  const size = x.length;
  const { values, integers, gradientMask, clipped } = given;
  if (!(Number.isInteger(clipped) && clipped >= 0 && clipped <= size))
    return `${String(clipped)} clipped elements of ${size}`;
  return (
    notNumbers(values, x, "values") ??
    notBytes(gradientMask, size, "bytes of a gradientMask") ??
    notIntegers(integers, size)
  );
};

/** Projects elements at a step, without changing them. */
export type Project = (x: Float32Array, how: Projecting, step: number) => Projected;

/**
 * Makes the checked calls of a projection. @throws `RangeflowFailure` naming site, step and projection, if it throws or its result
 * is wrong
 */
export const projectAt = (scope: Scope, site: string, { name, project }: Projection): Project => {
  const call = foreign(scope, site, `quantizer ${name}`);
  return (x, how, step) =>
    call(
      step,
      "a finite value for each element",
      () => {
        const given = project(copyOf(x), how);
        return typeof given === "object" && given !== null ? { ...given } : given;
      },
      (given) => wrongWith(given, x),
    );
};
