/** @file What a site says of a tensor that it has quantized, and of one that is odd. */
import { after, type Eventual } from "../../core/eventual.ts";
import { largestEnd, type RangeStat, type Verdict } from "../../core/range.ts";
import type { Emit, Fault, RangeSeen } from "../../core/signal.ts";

const kinds: Record<Exclude<Verdict, "observed">, Fault["kind"]> = {
  empty: "EmptyTensor",
  nonFinite: "NonFiniteTensor",
  zero: "ZeroTensor",
};

const oddityOf = (verdict: Exclude<Verdict, "observed">, { min, max, nonFinite }: RangeStat): string => {
  switch (verdict) {
    case "empty":
      return "the tensor has no elements";
    case "nonFinite":
      return nonFinite > 0
        ? "the tensor holds NaN or infinity"
        : `the tensor reaches from ${min} to ${max}, and ranges to ${largestEnd}`;
    case "zero":
      return "the tensor is zero everywhere";
  }
};

/** Emits what was seen, now or once it is there, and a fault if there was nothing to learn from. */
export const tellRange = (seen: Eventual<RangeSeen>, emit: Emit): void => {
  emit(seen);
  emit(
    after(seen, ({ verdict, site, step, stat }): Fault | undefined => {
      if (verdict === "observed") return undefined;
      const message = `${site}, step ${step}: ${oddityOf(verdict, stat)}`;
      return { _tag: "Fault", step, site, kind: kinds[verdict], message };
    }),
  );
};
