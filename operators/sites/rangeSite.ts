/**
 * @file A site: the place where one tensor of each step is quantized, and where the one rule holds.
 *
 * The n-th range that the site's estimator emits is the range for the n-th tensor that it observes. If that range is there
 * when the tensor comes, the site is static: one pass quantizes and observes, and the statistic is emitted afterwards. If not,
 * the site blocks: it observes, emits the statistic, waits for the range that answers it, and quantizes in a second pass.
 *
 * A range that is learned answers from its parameter instead; it is there before every tensor but the first.
 *
 * Tensors that are empty, all zero, or hold NaN or infinity never reach the estimator; they take the newest range. What is there,
 * and what is newest, goes by count and not by the clock (`answers.ts`).
 */
import type { Unsubscribable } from "rxjs";
import { bytesMoved, bytesRead, bytesWritten } from "../../core/bytesMoved.ts";
import { after, type Eventual } from "../../core/eventual.ts";
import { countOf, type Expr, ofTensor, settled } from "../../core/expr.ts";
import { histogram } from "../../core/histogram.ts";
import { type Measured, measuring, remembering } from "../../core/measure.ts";
import { classifyRange, limitedRange, observedRange, type Range, type RangeStat } from "../../core/range.ts";
import type { Sample } from "../../core/sample.ts";
import type { Emit, RangeSeen, Role } from "../../core/signal.ts";
import { siteFacts } from "../../core/siteFacts.ts";
import { elements, type HostTensor } from "../../core/tensor.ts";
import { type Quantizer, rangesOf } from "../../quantizers/quantizer.ts";
import { isCheap, kept, onHost, present } from "../module/kept.ts";
import type { Scope } from "../module/module.ts";
import { heldFor, isOwn, releasing } from "../module/releasing.ts";
import { straightThrough } from "../module/straightThrough.ts";
import { sqnr } from "../taps/sqnr.ts";
import { type Answers, answersOf } from "./answers.ts";
import { type Coded, codingOf, type Moment, ofOperand } from "./coding.ts";
import { type Learnable, learnedAnswers, learnedPullback } from "./learnable.ts";
import { tellRange } from "./rangeSeen.ts";

/** A tensor that was quantized, what was made for it, and the way back for its gradient. */
export interface Quantized extends Pick<Coded, "value" | "gradientMask" | "made"> {
  readonly pullback: (dy: Expr, emit: Emit) => Eventual<Expr>;
}

export interface RangeSite extends Unsubscribable {
  /** Quantizes a tensor, and emits what was seen of it. */
  readonly quantize: (x: Expr, moment: Moment, emit: Emit) => Eventual<Quantized>;
}

/** A range for a tensor that no estimator has a range for: its own finite ends, as far as a range reaches. */
const ownRange = (stat: RangeStat): Range => limitedRange(observedRange(stat));

const passing = ({ value, gradientMask, made }: Coded): Quantized => ({
  value,
  gradientMask,
  made,
  pullback: straightThrough(gradientMask),
});

/** How one tensor was quantized, and what was seen of it. */
interface Outcome {
  readonly coded: Coded;
  readonly stat: Eventual<RangeStat>;
  /** Whole once the statistic is there. */
  readonly measured: Measured;
  readonly range: Range;
  readonly isStatic: boolean;
  readonly moved: number;
  readonly bytesSaved: number;
}

/**
 * Bytes that one more pass over a tensor moves: what is cheap is read again, all else is written out and read back. What is projected has
 * to be in memory anyway.
 */
const secondPass = (x: Expr, { projection }: Quantizer): number => {
  if (projection) return 0;
  return isCheap(x) ? bytesRead(x) : 2 * bytesWritten(countOf(x), { store: true });
};

/** A statistic that has the tensor at hand, while it is handed on; the answers are noted in `measured`. */
const askable = (
  stat: RangeStat,
  tensor: HostTensor | undefined,
  measured: Record<string, readonly number[]>,
): RangeStat => {
  if (tensor === undefined) return stat;
  return { ...stat, measure: measuring({ values: elements(tensor), shape: tensor.shape }, measured) };
};

/**
 * Opens a site: subscribes to its estimator. The state belongs to whoever opened it, until it unsubscribes.
 *
 * @param learnable the parameters of a site whose range is learned
 */
export const openSite = (scope: Scope, site: string, role: Role, learnable?: Learnable): RangeSite => {
  const { engine } = scope;
  const quantizer = scope.quantizer(site, role);
  const answers: Answers = learnable
    ? learnedAnswers(learnable)
    : answersOf(site, quantizer.estimator, scope.history(site), scope.patience, scope.watch);
  const facts = siteFacts(quantizer);
  const asks = learnable ? "waiting" : quantizer.estimator.estimator.measures;
  const coding = codingOf(scope, site, role, quantizer);
  const estimator = rangesOf(quantizer);

  const statically = (x: Expr, range: Range, moment: Moment): Eventual<Outcome> => {
    const there = settled(x);
    const measures = asks === "all";
    const store = measures && there === undefined;
    return after(coding(x, range, moment, { observe: true, store }), (coded) => {
      const measured = {};
      const tensor = measures ? (there ?? coded.stored) : undefined;
      const stat = after(present(coded.range, "the range"), (found) =>
        after(tensor && engine.read(tensor), (read) => {
          const seen = { ...found, facts };
          if (classifyRange(seen) === "observed")
            answers.useAhead(askable(seen, read, measured), moment.step);
          return seen;
        }),
      );
      return {
        coded: coded.stored ? { ...coded, made: [...coded.made, coded.stored] } : coded,
        stat,
        measured,
        range,
        isStatic: true,
        moved: coded.moved,
        bytesSaved: secondPass(x, quantizer),
      };
    });
  };

  /** Observes first; `choose` then says what range to use. */
  const dynamically = (
    x: Expr,
    moment: Moment,
    choose: (stat: RangeStat) => Eventual<Range>,
  ): Eventual<Outcome> => {
    const isNew = isOwn(x);
    const there = settled(x);
    const measures = asks !== undefined;
    const needsTensor = measures || quantizer.projection !== undefined;
    const store = needsTensor ? there === undefined : !isCheap(x);
    const sinks = { observe: true, store };
    const moved = bytesMoved(x, sinks);
    return after(engine.run(x, sinks), ({ range: observed, stored }) => {
      const measured = {};
      const tensor = measures ? (there ?? stored) : undefined;
      return after(present(observed, "the range"), (found) => {
        const stat = { ...found, facts };
        const chosen = after(tensor && engine.read(tensor), (read) => choose(askable(stat, read, measured)));
        return after(chosen, (range) => {
          const again = stored ? releasing(ofTensor(stored), isNew ? [stored] : []) : x;
          return after(coding(again, range, moment, { observe: false, store: false }), (coded) => ({
            coded,
            stat,
            measured,
            range,
            isStatic: false,
            moved: moved + coded.moved,
            bytesSaved: 0,
          }));
        });
      });
    });
  };

  const ranged = (x: Expr, moment: Moment): Eventual<Outcome> => {
    const ahead = answers.ahead(moment.step);
    if (ahead) return statically(x, ahead, moment);
    return dynamically(x, moment, (stat) =>
      classifyRange(stat) === "observed"
        ? answers.ask(stat, moment.step)
        : (answers.newest(moment.step) ?? ownRange(stat)),
    );
  };

  /** Evaluation uses the newest range, and learns nothing. */
  const evaluated = (x: Expr, moment: Moment): Eventual<Quantized> => {
    const range = answers.newest(moment.step);
    const coded =
      range === undefined
        ? after(dynamically(x, moment, ownRange), (outcome) => outcome.coded)
        : coding(x, range, moment, { observe: false, store: false });
    return after(coded, passing);
  };

  /** With the way back: straight through, or with a gradient for the parameter of a learned range. */
  const pulling = (x: Expr, again: Expr, { coded, range }: Outcome, step: number): Quantized => {
    if (learnable === undefined) return passing(coded);
    const xq = ofOperand(coded.value, x.shape);
    const pullback = learnedPullback(scope, learnable, { x: again, xq, range }, step);
    return { ...coded, made: [...coded.made, ...heldFor(x, again)], pullback };
  };

  const tell = (outcome: Outcome, step: number, sample: Sample | undefined, emit: Emit): void => {
    const { range, isStatic, coded, moved, bytesSaved } = outcome;
    const seen = after(outcome.stat, (observed) =>
      after(coded.clipped, (clipped): RangeSeen => {
        const { measured } = outcome;
        const isMeasured = Object.keys(measured).length > 0;
        return {
          _tag: "RangeSeen",
          site,
          role,
          step,
          estimator,
          stat: isMeasured || sample ? { ...observed, measure: remembering(measured, sample) } : observed,
          verdict: classifyRange(observed),
          range,
          isStatic,
          clipped,
          bytesMoved: moved,
          bytesSaved,
          ...(isMeasured && { measured }),
          ...(sample && { histogram: sample }),
        };
      }),
    );
    tellRange(seen, emit);
  };

  const measureSqnr = (x: Expr, { value }: Quantized, step: number, emit: Emit): Eventual<void> =>
    after(sqnr(engine, x, ofOperand(value, x.shape)), (decibels) => {
      const samples = x.shape[0] as number;
      emit({ _tag: "Metric", step, name: "sqnr", site, value: decibels, samples, training: true });
    });

  const trained = (x: Expr, moment: Moment, emit: Emit): Eventual<Quantized> => {
    const { step } = moment;
    const measuresSqnr = scope.measuresSqnr(step);
    const wantsHistogram = scope.wantsHistogram(step);
    const again = measuresSqnr || wantsHistogram || learnable ? kept(x) : x;
    return after(ranged(again, moment), (outcome) => {
      const sample = wantsHistogram
        ? after(onHost(engine, again), (tensor) => histogram({ values: elements(tensor) }))
        : undefined;
      return after(sample, (sample) => {
        tell(outcome, step, sample, emit);
        const quantized = pulling(x, again, outcome, step);
        return measuresSqnr ? after(measureSqnr(again, quantized, step, emit), () => quantized) : quantized;
      });
    });
  };

  return {
    quantize: (x, moment, emit) =>
      after(answers.ready(), () => (moment.training ? trained(x, moment, emit) : evaluated(x, moment))),
    unsubscribe: () => answers.unsubscribe(),
  };
};
