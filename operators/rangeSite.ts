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
import { concatMap, defer, map, type Observable, of, type Unsubscribable, using } from "rxjs";
import { problem, RangeflowFailure } from "../core/errors.ts";
import { eventually } from "../core/eventual.ts";
import { type Lazy, ofTensor, type PassResult } from "../core/pass.ts";
import type { QParams } from "../core/qparams.ts";
import { branch } from "../core/random.ts";
import { judge, type Range, type RangeStat, type Verdict } from "../core/range.ts";
import type { Fault, Metric, RangeSeen, Role, Signal } from "../core/signal.ts";
import type { Codes, QTensor } from "../core/tensor.ts";
import { grid } from "../quantizers/quantizer.ts";
import { type Answers, answersOf } from "./answers.ts";
import { isCheap, present } from "./kept.ts";
import type { Layer, Scope } from "./module.ts";
import { sqnr } from "./sqnr.ts";

/** Codes of a tensor, and what the site has to say about it. `inside` is there only if something was clipped. */
export interface Quantized {
  readonly q: QTensor;
  readonly inside?: Codes;
  readonly signals: readonly Signal[];
}

/** The step of a tensor, and whether anything is learned from it. */
export interface Moment {
  readonly step: number;
  readonly training: boolean;
}

export interface RangeSite extends Unsubscribable {
  readonly quantize: (x: Lazy, moment: Moment) => Observable<Quantized>;
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
}

const quantizedOf = ({ result, params }: Codified): Quantized => ({
  q: { codes: present(result.codes, "the codes"), params },
  signals: [],
  ...(result.inside && (result.clipped ?? 0) > 0 && { inside: result.inside }),
});

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
  ): Observable<PassResult> =>
    eventually(
      engine.run(x, {
        observe,
        quantize: {
          params,
          inside: training && role !== "gradient",
          ...(quantizer.rounding === "stochastic" && { noise: branch(siteKey, step) }),
        },
      }),
    );

  const statically = (x: Lazy, range: Range, moment: Moment): Observable<Outcome> => {
    const params = gridOf(range, moment.step);
    return pass(x, params, moment, true).pipe(
      map((result) => {
        const stat = present(result.range, "the range");
        if (judge(stat) === "observed") answers.useAhead(stat, moment.step);
        return { result, params, stat, range, isStatic: true };
      }),
    );
  };

  /** Observes first; `choose` then says what range to use. */
  const dynamically = (
    x: Lazy,
    moment: Moment,
    choose: (stat: RangeStat) => Observable<Range>,
  ): Observable<Outcome> =>
    eventually(engine.run(x, { observe: true, store: !isCheap(x) })).pipe(
      concatMap(({ range: observed, stored }) => {
        const stat = present(observed, "the range");
        return choose(stat).pipe(
          concatMap((range) => {
            const params = gridOf(range, moment.step);
            return pass(stored ? ofTensor(stored) : x, params, moment, false).pipe(
              map((result) => ({ result, params, stat, range, isStatic: false })),
            );
          }),
        );
      }),
    );

  const answered = (stat: RangeStat, step: number): Observable<Range> => {
    const answer = answers.ask(stat, step);
    return answer === undefined ? answers.late(step) : of(answer);
  };

  const learned = (x: Lazy, moment: Moment): Observable<Outcome> => {
    const ahead = answers.ahead();
    return ahead
      ? statically(x, ahead, moment)
      : dynamically(x, moment, (stat) =>
          judge(stat) === "observed" ? answered(stat, moment.step) : of(answers.newest() ?? ownRange(stat)),
        );
  };

  /** Evaluation uses the newest range, and learns nothing. */
  const evaluated = (x: Lazy, moment: Moment): Observable<Quantized> => {
    const range = answers.newest();
    if (range === undefined)
      return dynamically(x, moment, (stat) => of(ownRange(stat))).pipe(map(quantizedOf));
    const params = gridOf(range, moment.step);
    return pass(x, params, moment, false).pipe(map((result) => quantizedOf({ result, params })));
  };

  const signalsOf = ({ stat, range, isStatic, result }: Outcome, step: number): readonly Signal[] => {
    const verdict = judge(stat);
    const seen: RangeSeen = {
      _tag: "RangeSeen",
      site,
      role,
      step,
      estimator: name,
      stat,
      verdict,
      range,
      isStatic,
      clipped: result.clipped ?? 0,
    };
    if (verdict === "observed") return [seen];
    const [kind, message] = faultOf[verdict];
    const fault: Fault = { _tag: "Fault", step, site, kind, message: `${site}, step ${step}: ${message}` };
    return [seen, fault];
  };

  const measured = (x: Lazy, q: QTensor, step: number): Observable<readonly Metric[]> =>
    eventually(sqnr(engine, x, q)).pipe(
      map((value) => [
        { _tag: "Metric", step, name: `sqnr ${site}`, value, samples: x.shape[0] as number, training: true },
      ]),
    );

  const trained = (x: Lazy, moment: Moment): Observable<Quantized> =>
    learned(x, moment).pipe(
      concatMap((outcome) => {
        const quantized = { ...quantizedOf(outcome), signals: signalsOf(outcome, moment.step) };
        return scope.measuresSqnr(moment.step)
          ? measured(x, quantized.q, moment.step).pipe(
              map((metrics) => ({ ...quantized, signals: [...quantized.signals, ...metrics] })),
            )
          : of(quantized);
      }),
    );

  return {
    quantize: (x, moment) => defer(() => (moment.training ? trained(x, moment) : evaluated(x, moment))),
    unsubscribe: () => answers.unsubscribe(),
  };
};

/** A layer with a site of its own for each subscription. */
export const withSites =
  <S extends Unsubscribable>(open: () => S, layer: (sites: S) => Layer): Layer =>
  (signals$) =>
    using(open, (sites) => signals$.pipe(layer(sites as S)));
