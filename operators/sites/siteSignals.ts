/** @file Signals of a site: what it observed on a quantized tensor, and faults of unusable tensors (empty, all zero, not finite). */
import { after, type Eventual } from "../../core/eventual.ts";
import { type Measured, remembering } from "../../core/measure.ts";
import { classifyRange, largestEnd, type Range, type RangeStat, type Verdict } from "../../core/range.ts";
import type { Fault, RangeSeen } from "../../core/signal.ts";
import { rangesOf } from "../../quantizers/quantizer.ts";
import type { Context } from "../step/context.ts";
import { drive, type Task, wait } from "../step/task.ts";
import type { Coded } from "./coded.ts";
import type { SitePlace } from "./site.ts";

/** Outcome of quantizing one tensor: its codes, and what was observed. */
export interface Outcome {
  readonly coded: Coded;
  /** Statistics of the tensor before clipping. */
  readonly stat: Eventual<RangeStat>;
  /** Answers to the questions of the estimator; complete once the statistics are there. */
  readonly measured: Measured;
  readonly range: Range;
  readonly isStatic: boolean;
  /** Additional bytes that waiting for the range would have moved. */
  readonly bytesSaved: number;
}

/** Part of an outcome that is emitted. */
type Seen = Omit<Outcome, "coded"> & { readonly coded: Pick<Coded, "clipped" | "moved"> };

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

const faultOf = ({ verdict, site, step, stat }: RangeSeen): Fault | undefined => {
  if (verdict === "observed") return undefined;
  const message = `${site}, step ${step}: ${oddityOf(verdict, stat)}`;
  return { _tag: "Fault", step, site, kind: kinds[verdict], message };
};

function* seenOf(
  { path, role, quantizer }: SitePlace,
  { coded, stat, measured, range, isStatic, bytesSaved }: Seen,
  step: number,
): Task<RangeSeen> {
  const observed = yield* wait(stat);
  const clipped = yield* wait(coded.clipped);
  const isMeasured = Object.keys(measured).length > 0;
  const seen: RangeSeen = {
    _tag: "RangeSeen",
    site: path,
    role,
    step,
    estimator: rangesOf(quantizer),
    stat: isMeasured ? { ...observed, measure: remembering(measured) } : observed,
    verdict: classifyRange(observed),
    range,
    isStatic,
    clipped,
    bytesMoved: coded.moved,
    bytesSaved,
  };
  return isMeasured ? { ...seen, measured } : seen;
}

/** Emits what was observed on a tensor, now or once its numbers are there, and a fault if it is unusable. */
export const emitSeen = (
  place: SitePlace,
  outcome: Seen,
  { step, emit }: Pick<Context, "step" | "emit">,
): void => {
  const seen = drive(seenOf(place, outcome, step));
  emit(seen);
  emit(after(seen, faultOf));
};
