/**
 * @file A site with a range: it quantizes one tensor per step, static or dynamic.
 *
 * The n-th range that the site's estimator emits is the range of the n-th tensor it observes. If that range is known before the
 * tensor, the site is static: one pass quantizes and observes, and the statistics are emitted afterwards. Otherwise it is dynamic:
 * it observes the tensor, emits its statistics, waits for the range, and quantizes in a second pass.
 *
 * Tensors that are empty, all zero, or contain NaN or infinity are not passed to the estimator; they are quantized with the newest
 * range. Whether a range is known, and which one is newest, depends on counts, not on the clock (`rangeSource.ts`). A learned range
 * is a range source like any other.
 */
import { bytesAside, bytesMoved } from "../../core/bytesMoved.ts";
import { type Eventual, isPromise } from "../../core/eventual.ts";
import type { Expr } from "../../core/expr.ts";
import { classifyRange, ownRange, type Range, type RangeStat, withFacts } from "../../core/range.ts";
import type { Role } from "../../core/signal.ts";
import { siteFacts } from "../../core/siteFacts.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import { isCheap, isStored, present } from "../step/tape.ts";
import { drive, type Task, wait } from "../step/task.ts";
import type { Coded } from "./coded.ts";
import { codingOf } from "./coding.ts";
import { type Learnable, learnedPullback, learnedRanges } from "./learnable.ts";
import { measurableStat } from "./measurableStat.ts";
import { rangeSource } from "./rangeSource.ts";
import { secondPass } from "./secondPass.ts";
import { type Quantized, type Site, withHooks } from "./site.ts";
import { emitSeen, type Outcome } from "./siteSignals.ts";
import { straightThrough } from "./straightThrough.ts";
import { tellingUndeclared } from "./tellingUndeclared.ts";

/**
 * Opens a site: subscribes to its estimator. The state lives until the site is unsubscribed.
 *
 * @param learnable the parameters of a site with a learned range
 */
export const openSite = (scope: Scope, path: string, role: Role, learnable?: Learnable): Site => {
  const quantizer = scope.quantizer(path, role);
  const place = { path, role, quantizer };
  const source = learnable ? learnedRanges(learnable) : rangeSource(path, quantizer.estimator, scope);
  const own = quantizer.estimator.estimator.measures;
  // The first tensor does not wait if the scope gives its range.
  const measures = learnable ? "waiting" : own && scope.firstRange?.(path) ? "all" : own;
  const facts = siteFacts(quantizer);
  const code = codingOf(scope, place);
  const undeclared = learnable || measures ? undefined : quantizer.estimator.name;
  const told = <T>(step: number, call: () => T): T => tellingUndeclared(path, undeclared, step, call);

  /** Passes the statistics of a quantized tensor to the estimator. */
  function* observe(
    { range, stored }: Coded,
    measured: Record<string, readonly number[]>,
    ctx: Context,
  ): Task<RangeStat> {
    const stat = withFacts(yield* wait(present(range, "the range")), facts);
    const tensor = measures === "all" ? yield* ctx.read(present(stored, "the stored tensor")) : undefined;
    if (classifyRange(stat) === "observed")
      told(ctx.step, () => source.useAhead(measurableStat(stat, tensor, measured), ctx.step));
    return stat;
  }

  /** Static: one pass. The estimator receives the statistics afterwards; only the end of the step waits for that. */
  function* statically(x: Expr, range: Range, ctx: Context): Task<Outcome> {
    const store = measures === "all";
    const coded = yield* code(x, range, ctx, { observe: true, store });
    const measured = {};
    const stat = drive(observe(coded, measured, ctx));
    // A measurement has it stored, which the site itself would only have done in a second pass.
    const aside = store || learnable || quantizer.projection ? 0 : bytesAside(x);
    return {
      ...{ range, stat, measured, isStatic: true },
      coded: { ...coded, moved: coded.moved - aside },
      bytesSaved: secondPass(x, quantizer, store) + aside,
    };
  }

  /** Dynamic: one pass to observe, and one to quantize with the range that `choose` gives for the statistics. */
  function* dynamically(x: Expr, ctx: Context, choose: (stat: RangeStat) => Eventual<Range>): Task<Outcome> {
    const needsTensor = measures !== undefined || quantizer.projection !== undefined;
    const store = needsTensor || !isCheap(x);
    const moved = bytesMoved(x, { observe: true, store: store && !isStored(x) });
    const { range: observed, stored } = yield* ctx.run(x, { observe: true, store, path });
    const stat = withFacts(yield* wait(present(observed, "the range")), facts);
    const measured = {};
    const tensor = measures ? yield* ctx.read(present(stored, "the stored tensor")) : undefined;
    const range = yield* wait(choose(measurableStat(stat, tensor, measured)));
    const observedX = stored ? ctx.readOnce(stored) : x;
    const coded = yield* code(observedX, range, ctx, { observe: false, store: false });
    const bytes = { moved: moved + coded.moved };
    return { coded: { ...coded, ...bytes }, range, stat, measured, isStatic: false, bytesSaved: 0 };
  }

  const quantized = (x: Expr, { coded, range }: Pick<Outcome, "coded" | "range">): Quantized => ({
    value: coded.value,
    gradientMask: coded.gradientMask,
    pullback: learnable
      ? (dy, ctx) => learnedPullback(learnable, { x, value: coded.value, range }, dy, ctx)
      : straightThrough(coded.gradientMask),
  });

  /** Training: static if the range is known, otherwise dynamic. */
  function* trained(x: Expr, ctx: Context): Task<Quantized> {
    const range = source.ahead(ctx.step);
    const outcome = range
      ? yield* statically(x, range, ctx)
      : yield* dynamically(x, ctx, (stat) =>
          classifyRange(stat) === "observed"
            ? told(ctx.step, () => source.ask(stat, ctx.step))
            : (source.newest(ctx.step) ?? ownRange(stat)),
        );
    emitSeen(place, outcome, ctx);
    return quantized(x, outcome);
  }

  /** Evaluation: uses the newest range, and learns nothing. */
  function* evaluated(x: Expr, ctx: Context): Task<Quantized> {
    const range = source.newest(ctx.step);
    if (range === undefined) return quantized(x, yield* dynamically(x, ctx, ownRange));
    return quantized(x, { range, coded: yield* code(x, range, ctx, { observe: false, store: false }) });
  }

  const quantizeNow = (x: Expr, ctx: Context): Task<Quantized> =>
    ctx.training ? trained(learnable ? ctx.save(x) : x, ctx) : evaluated(x, ctx);

  function* quantizeLater(ready: PromiseLike<void>, x: Expr, ctx: Context): Task<Quantized> {
    yield* wait(ready);
    return yield* quantizeNow(x, ctx);
  }

  const site: Site = {
    quantize: (x, ctx) => {
      const ready = source.ready();
      return isPromise(ready) ? quantizeLater(ready, x, ctx) : quantizeNow(x, ctx);
    },
    unsubscribe: () => source.unsubscribe(),
  };
  return withHooks(scope, site, place);
};
