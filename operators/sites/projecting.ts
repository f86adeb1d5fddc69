/** @file A projection at a site, which may be a user's own: it gets a copy, and what it gives is checked. */
import type { QParams } from "../../core/qparams.ts";
import type { Projected, Projecting, Projection } from "../../quantizers/projections/projection.ts";
import type { Scope } from "../module/module.ts";
import { foreign, notBytes, notNumbers } from "./foreign.ts";

/** The copy that a projection reads, one for all tensors: a projection is done with one before the next comes. */
let copies = new Float32Array(0);

const copyOf = (x: Float32Array): Float32Array => {
  if (copies.length < x.length) copies = new Float32Array(x.length);
  const copy = copies.subarray(0, x.length);
  copy.set(x);
  return copy;
};

/** The fault of one scale and zero point; undefined if they can be multiplied with. */
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

/** The fault of integers beside their values; undefined if there are none. */
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

/** Projects elements at a step; they stay as they are. */
export type Project = (x: Float32Array, how: Projecting, step: number) => Projected;

/** @throws `RangeflowFailure` that names site, step and projection if it throws, or gives something else */
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
