import { bytesRead, bytesWritten } from "../../core/bytesMoved.ts";
import { countOf, type Expr } from "../../core/expr.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import { isCheap } from "../step/tape.ts";

/**
 * Bytes of the additional pass that a static site saves: a cheap tensor would be read again, any other written and read back. A
 * projection needs its tensor in memory anyway and saves nothing.
 *
 * @param measured whether the estimator measures the tensor, which is then in memory anyway and would only be read back
 */
export const secondPass = (
  x: Expr,
  { projection }: Pick<Quantizer, "projection">,
  measured: boolean,
): number => {
  if (projection) return 0;
  const once = bytesWritten(countOf(x), { store: true });
  if (measured) return once;
  return isCheap(x) ? bytesRead(x) : 2 * once;
};
