import { bytesRead, bytesWritten } from "../../core/bytesMoved.ts";
import { countOf, type Expr } from "../../core/expr.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import { isCheap } from "../step/tape.ts";

/**
 * Bytes that one more pass over a tensor would move, which a static site saves: what is cheap is read again, all else is written out
 * and read back. A projection needs its tensor in memory anyway, so there is nothing to save.
 */
export const secondPass = (x: Expr, { projection }: Pick<Quantizer, "projection">): number => {
  if (projection) return 0;
  return isCheap(x) ? bytesRead(x) : 2 * bytesWritten(countOf(x), { store: true });
};
