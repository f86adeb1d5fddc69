/** @file What a run has logged and recorded, as TensorBoard events in the order of their steps. */
import type { RangeSeen } from "../../core/signal.ts";
import type { EventValue, SummaryEvent } from "../imports/summaryEvent.ts";
import type { LearningLine, LoggedEpoch } from "../runs/learningLog.ts";
import { eventHistogram } from "./eventHistogram.ts";

/** A scalar; nothing if it is absent. */
const scalar = (tag: string, value: number | undefined): readonly EventValue[] =>
  value === undefined ? [] : [{ tag, scalar: value }];

/** A scalar of a tensor; nothing if it is unknown, as of a tensor without finite elements. */
const known = (tag: string, value: number): readonly EventValue[] =>
  Number.isFinite(value) ? [{ tag, scalar: value }] : [];

/** Scores of training and test. Those of the loss would repeat it. */
const scores = (
  name: string,
  { train, test }: { readonly train?: number | undefined; readonly test?: number | undefined },
): readonly EventValue[] =>
  name === "loss" ? [] : [...scalar(`${name}/train`, train), ...scalar(`${name}/test`, test)];

const epochValues = ({
  metric,
  trainScore: train,
  testScore: test,
  testLoss,
  metrics = [],
}: LoggedEpoch): readonly EventValue[] => [
  ...scalar("loss/test", testLoss),
  ...scores(metric, { train, test }),
  ...metrics.filter(({ name }) => name !== metric).flatMap(({ name, ...values }) => scores(name, values)),
];

/**
 * The event of a line of the log, without values if there is nothing to show. An epoch is at the number of steps up to its end, since its
 * evaluation follows the update of the last one.
 *
 * @param isWanted whether a site is exported
 */
export const lineEvent = (line: LearningLine, isWanted: (site: string) => boolean): SummaryEvent => {
  switch (line.event) {
    case "step":
      return {
        step: line.step,
        values: [...scalar("loss/train", line.loss), ...scalar("learning_rate", line.learningRate)],
      };
    case "sqnr":
      return { step: line.step, values: isWanted(line.site) ? scalar(`sqnr/${line.site}`, line.sqnr) : [] };
    case "epoch":
      return { step: line.steps, values: epochValues(line) };
    case "failed":
      return { step: line.step, values: [] };
  }
};

/** The event of a row of the recording: the tensor, and unless the row is imported what it was quantized with. */
export const rowEvent = ({
  site,
  step,
  stat,
  range,
  clipped,
  histogram,
  foreign,
}: RangeSeen): SummaryEvent => {
  const quantized = foreign
    ? []
    : [
        ...known(`range/${site}/lo`, range.lo),
        ...known(`range/${site}/hi`, range.hi),
        ...known(`clipped/${site}`, clipped / stat.count),
      ];
  return {
    step,
    values: [
      ...quantized,
      ...known(`tensor/${site}/min`, stat.min),
      ...known(`tensor/${site}/max`, stat.max),
      ...(histogram ? [{ tag: `histogram/${site}`, histogram: eventHistogram(histogram) }] : []),
    ],
  };
};

/** Events of two sources, each in the order of its steps, in this order. Those of the second come last in a step. */
export function* inOrder(
  first: Iterable<SummaryEvent>,
  second: Iterable<SummaryEvent>,
): Generator<SummaryEvent> {
  const waiting = second[Symbol.iterator]();
  try {
    let next = waiting.next();
    for (const event of first) {
      for (; !next.done && next.value.step < event.step; next = waiting.next()) yield next.value;
      yield event;
    }
    for (; !next.done; next = waiting.next()) yield next.value;
  } finally {
    waiting.return?.();
  }
}
