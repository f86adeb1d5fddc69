/** @file What a site says of a tensor that it has quantized, and of one that is odd. */
import { judge, type Verdict } from "../core/range.ts";
import type { Emit, Fault, RangeSeen } from "../core/signal.ts";

const faultOf: Record<Exclude<Verdict, "observed">, readonly [Fault["kind"], string]> = {
  empty: ["EmptyTensor", "the tensor has no elements"],
  nonFinite: ["NonFiniteTensor", "the tensor holds NaN or infinity"],
  zero: ["ZeroTensor", "the tensor is zero everywhere"],
};

/** Emits what was seen, and a fault if there was nothing to learn from. */
export const tellRange = (seen: Omit<RangeSeen, "_tag" | "verdict">, emit: Emit): void => {
  const { site, step, stat } = seen;
  const verdict = judge(stat);
  emit({ _tag: "RangeSeen", ...seen, verdict });
  if (verdict === "observed") return;
  const [kind, message] = faultOf[verdict];
  emit({ _tag: "Fault", step, site, kind, message: `${site}, step ${step}: ${message}` });
};
