/**
 * @file A site: the place where one tensor of each step is quantized, and where the one rule holds.
 *
 * The n-th range that the site's estimator emits is the range for the n-th tensor that it observes. If that range is there
 * when the tensor comes, the site is static: one pass quantizes and observes, and the statistic is emitted afterwards. If not,
 * the site blocks: it observes, emits the statistic, waits for the range that answers it, and quantizes in a second pass.
 *
 * Tensors that are empty, all zero, or hold NaN or infinity never reach the estimator; they take the newest range there is.
 */
import * as E from "fp-ts/lib/Either.js";
import type { Unsubscribable } from "rxjs";
import { bytesRead, bytesWritten } from "../core/bytesMoved.ts";
import { problem, RangeflowFailure } from "../core/errors.ts";
import { after, type Eventual } from "../core/eventual.ts";
import { countOf, type Lazy, ofTensor, type PassResult } from "../core/pass.ts";
import type { QParams } from "../core/qparams.ts";
import { branch } from "../core/random.ts";
import { judge, type Range, type RangeStat, type Verdict } from "../core/range.ts";
import type { Emit, Fault, Role } from "../core/signal.ts";
import type { Codes, QTensor } from "../core/tensor.ts";
import { grid } from "../quantizers/quantizer.ts";
import { type Answers, answersOf } from "./answers.ts";
import { isCheap, kept, present } from "./kept.ts";
import type { Scope } from "./module.ts";
import { isOwn, releasing } from "./releasing.ts";
import { sqnr } from "./sqnr.ts";

/** Codes of a tensor; `inside` is there only if something was clipped. */
export interface Quantized {
  readonly q: QTensor;
  readonly inside?: Codes;
  /** What was made for it. */
  readonly made: readonly Codes[];
}

/** The step of a tensor, and whether anything is learned from it. */
export interface Moment {
  readonly step: number;
  readonly training: boolean;
}

export interface RangeSite extends Unsubscribable {
  /** Gives the codes, and emits what was seen of the tensor. */
  readonly quantize: (x: Lazy, moment: Moment, emit: Emit) => Eventual<Quantized>;
}

const faultOf: Record<Exclude<Verdict, "observed">, readonly [Fault["kind"], string]> = {
  empty: ["EmptyTensor", "the tensor has no elements"],
  nonFinite: ["NonFiniteTensor", "the tensor holds NaN or infinity"],
  zero: ["ZeroTensor", "the tensor is zero everywhere"],
};

/** A range for a tensor that no estimator has a range for: its own finite ends, or nothing. */
const ownRange = ({ min, max }: RangeStat): Range => (min <= max ? { lo: min, hi: max } : { lo: 0, hi: 0 });

interface Codified {
  readonly result: PassResult;
  readonly params: QParams;
}

/** How one tensor was quantized, and what was seen of it. */
interface Outcome extends Codified {
  readonly stat: RangeStat;
  readonly range: Range;
  readonly isStatic: boolean;
  readonly moved: number;
  readonly spared: number;
}

const quantizedOf = ({ result, params }: Codified): Quantized => {
  const { inside, clipped = 0 } = result;
  const codes = present(result.codes, "the codes");
  const made = inside ? [codes, inside] : [codes];
  return { q: { codes, params }, made, ...(inside && clipped > 0 && { inside }) };
};

/** Bytes that one more pass over a tensor moves: what is cheap is read again, all else is written out and read back. */
const secondPass = (x: Lazy): number =>
  isCheap(x) ? bytesRead(x) : 2 * bytesWritten(countOf(x), { store: true });

/** Opens a site: subscribes to its estimator. The state belongs to whoever opened it, until it unsubscribes. */
export const openSite = (scope: Scope, site: string, role: Role): RangeSite => {
  const { engine } = scope;
  const quantizer = scope.quantizer(site, role);
  const { name } = quantizer.estimator;
  const answers: Answers = answersOf(site, quantizer.estimator, scope.history(site), scope.patience);
  const covering = grid(quantizer, site);
  const siteKey = branch(scope.seed, site);

  const gridOf = (range: Range, step: number): QParams => {
    const params = covering(range);
    if (E.isLeft(params))
      throw new RangeflowFailure(
        problem(
          `${site}, step ${step}`,
          `estimator ${name} gave the range [${range.lo}, ${range.hi}]`,
          "finite numbers with lo <= hi",
        ),
      );
    return params.right;
  };

  /** Training wants to know what was clipped, because no gradient passes there; a gradient has no gradient. */
  const pass = (
    x: Lazy,
    params: QParams,
    { step, training }: Moment,
    observe: boolean,
  ): Eventual<PassResult> => {
    const inside = training && role !== "gradient";
    const quantize =
      quantizer.rounding === "stochastic"
        ? { params, inside, noise: branch(siteKey, step) }
        : { params, inside };
    return engine.run(x, { observe, quantize });
  };

  const statically = (x: Lazy, range: Range, moment: Moment): Eventual<Outcome> => {
    const params = gridOf(range, moment.step);
    return after(pass(x, params, moment, true), (result) => {
      const stat = present(result.range, "the range");
      if (judge(stat) === "observed") answers.useAhead(stat, moment.step);
      const { moved } = result;
      return { result, params, stat, range, isStatic: true, moved, spared: secondPass(x) };
    });
  };

  /** Observes first; `choose` then says what range to use. */
  const dynamically = (
    x: Lazy,
    moment: Moment,
    choose: (stat: RangeStat) => Eventual<Range>,
  ): Eventual<Outcome> => {
    const isNew = isOwn(x);
    return after(
      engine.run(x, { observe: true, store: !isCheap(x) }),
      ({ range: observed, stored, moved }) => {
        const stat = present(observed, "the range");
        return after(choose(stat), (range) => {
          const params = gridOf(range, moment.step);
          const again = stored ? releasing(ofTensor(stored), isNew ? [stored] : []) : x;
          return after(pass(again, params, moment, false), (result) => ({
            result,
            params,
            stat,
            range,
            isStatic: false,
            moved: moved + result.moved,
            spared: 0,
          }));
        });
      },
    );
  };

  const learned = (x: Lazy, moment: Moment): Eventual<Outcome> => {
    const ahead = answers.ahead();
    if (ahead) return statically(x, ahead, moment);
    return dynamically(x, moment, (stat) =>
      judge(stat) === "observed" ? answers.ask(stat, moment.step) : (answers.newest() ?? ownRange(stat)),
    );
  };

  /** Evaluation uses the newest range, and learns nothing. */
  const evaluated = (x: Lazy, moment: Moment): Eventual<Quantized> => {
    const range = answers.newest();
    if (range === undefined) return after(dynamically(x, moment, ownRange), quantizedOf);
    const params = gridOf(range, moment.step);
    return after(pass(x, params, moment, false), (result) => quantizedOf({ result, params }));
  };

  const tell = (outcome: Outcome, step: number, emit: Emit): void => {
    const { stat, range, isStatic, result, moved, spared } = outcome;
    const verdict = judge(stat);
    const clipped = result.clipped ?? 0;
    const estimator = name;
    const how = { estimator, stat, verdict, range, isStatic, clipped, moved, spared };
    emit({ _tag: "RangeSeen", site, role, step, ...how });
    if (verdict === "observed") return;
    const [kind, message] = faultOf[verdict];
    emit({ _tag: "Fault", step, site, kind, message: `${site}, step ${step}: ${message}` });
  };

  const measure = (x: Lazy, q: QTensor, step: number, emit: Emit): Eventual<void> =>
    after(sqnr(engine, x, q), (value) => {
      const samples = x.shape[0] as number;
      emit({ _tag: "Metric", step, name: `sqnr ${site}`, value, samples, training: true });
    });

  const trained = (x: Lazy, moment: Moment, emit: Emit): Eventual<Quantized> => {
    const measures = scope.measuresSqnr(moment.step);
    const again = measures ? kept(x) : x;
    return after(learned(again, moment), (outcome) => {
      const quantized = quantizedOf(outcome);
      tell(outcome, moment.step, emit);
      return measures ? after(measure(again, quantized.q, moment.step, emit), () => quantized) : quantized;
    });
  };

  return {
    quantize: (x, moment, emit) => (moment.training ? trained(x, moment, emit) : evaluated(x, moment)),
    unsubscribe: () => answers.unsubscribe(),
  };
};
