/** @file What modules say of themselves while they are built, so that it is known before the first batch. */

/** Names of metrics that a module emits for each batch, in training and in evaluation. */
export interface MetricNames {
  readonly _tag: "MetricNames";
  readonly names: readonly string[];
}

/** Functions that decide what a module computes, whose text tells modules of one name apart. */
export interface Functions {
  readonly _tag: "Functions";
  /** What they are of, such as `loss huber`. */
  readonly place: string;
  // biome-ignore lint/suspicious/noExplicitAny: any function has a text
  readonly functions: readonly ((...args: any[]) => unknown)[];
}

/** What is noted of a network. */
export type Note = MetricNames | Functions;
