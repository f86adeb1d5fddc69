/** @file What a site says of a tensor that it has quantized, and of one that is odd. */
import { after, type Eventual } from "../../core/eventual.ts";
import type { Verdict } from "../../core/range.ts";
import type { Emit, Fault, RangeSeen } from "../../core/signal.ts";

const faultOf: Record<Exclude<Verdict, "observed">, readonly [Fault["kind"], string]> = {
  empty: ["EmptyTensor", "the tensor has no elements"],
  nonFinite: ["NonFiniteTensor", "the tensor holds NaN or infinity"],
  zero: ["ZeroTensor", "the tensor is zero everywhere"],
};

/** Emits what was seen, now or once it is there, and a fault if there was nothing to learn from. */
export const tellRange = (seen: Eventual<RangeSeen>, emit: Emit): void => {
  emit(seen);
  emit(
    after(seen, ({ verdict, site, step }): Fault | undefined => {
      if (verdict === "observed") return undefined;
      const [kind, message] = faultOf[verdict];
      return { _tag: "Fault", step, site, kind, message: `${site}, step ${step}: ${message}` };
    }),
  );
};
