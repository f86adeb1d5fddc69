/**
 * @file Hyperparameters as a TensorBoard event, for its HPARAMS tab: values without a number, whose metadata hold a message of the plugin.
 *
 *     HParamsPluginData   experiment 2, session_start_info 3, session_end_info 4
 *     Experiment          hparam_infos 4 (name 1, type 4, differs 7), metric_infos 5 (name 1 (tag 2))
 *     SessionStartInfo    hparams 1 (key 1, value 2 (number 2, string 3, bool 4)), start_time_secs 5
 *     SessionEndInfo      status 1, end_time_secs 2
 *
 * @see https://github.com/tensorflow/tensorboard/tree/master/tensorboard/plugins/hparams
 */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { EventValue, SummaryEvent } from "../imports/summaryEvent.ts";
import { double, type Fields, message, text } from "./messageFields.ts";
import type { Hparam, HparamColumn, Hparams } from "./runHparams.ts";

/** Name of the plugin. */
const plugin = "hparams";

/** The tab of all runs that are exported together. Each of them describes it, since TensorBoard believes whichever it reads first. */
export interface HparamsTab {
  /** Hyperparameters. */
  readonly columns: readonly HparamColumn[];
  /** Tags of scalars whose last values are shown beside the hyperparameters. */
  readonly metrics: readonly string[];
}

/** How a run has ended. */
export type SessionEnd = "success" | "failure";

/** A run, as the tab shows it. */
export interface HparamsSession extends HparamsTab {
  readonly hparams: Hparams;
  /** Start of the run, in seconds since 1970. */
  readonly begun: number;
  /** How it has ended, and when, in seconds since 1970; absent if it goes on, or may. */
  readonly end?: { readonly how: SessionEnd; readonly at: number };
}

/** Types of hyperparameters: their numbers in the plugin, and how a value is written. */
const types: Readonly<
  Record<HparamColumn["type"], { readonly type: number; readonly write: (value: Hparam) => Fields }>
> = {
  string: { type: 1, write: (value) => (writer) => text(writer, 3, String(value)) },
  boolean: { type: 2, write: (value) => (writer) => writer.tag(4, WireType.Varint).bool(value === true) },
  number: { type: 3, write: (value) => (writer) => double(writer, 2, Number(value)) },
};

/** A value with a message of the plugin. */
const pluginValue = (tag: string, field: number, fields: Fields): EventValue => {
  const writer = new BinaryWriter();
  message(writer, field, fields);
  return { tag: `_hparams_/${tag}`, plugin, content: writer.finish() };
};

const experiment =
  ({ columns, metrics }: HparamsSession): Fields =>
  (writer) => {
    for (const { name, type, differs } of columns)
      message(writer, 4, () => {
        text(writer, 1, name);
        writer.tag(4, WireType.Varint).int32(types[type].type);
        if (differs) writer.tag(7, WireType.Varint).bool(differs);
      });
    for (const tag of metrics) message(writer, 5, () => message(writer, 1, () => text(writer, 2, tag)));
  };

/** Values have the type of their column, since TensorBoard cannot sort texts among numbers. */
const start =
  ({ hparams, columns, begun }: HparamsSession): Fields =>
  (writer) => {
    for (const { name, type } of columns) {
      const value = hparams.get(name);
      if (value === undefined) continue;
      message(writer, 1, () => {
        text(writer, 1, name);
        message(writer, 2, types[type].write(value));
      });
    }
    double(writer, 5, begun);
  };

/** Numbers of ends in the plugin. */
const statuses: Readonly<Record<SessionEnd, number>> = { success: 1, failure: 2 };

const end =
  ({ how, at }: NonNullable<HparamsSession["end"]>): Fields =>
  (writer) => {
    writer.tag(1, WireType.Varint).int32(statuses[how]);
    double(writer, 2, at);
  };

/** The event of a run, of one of its steps. */
export const hparamsEvent = (step: number, session: HparamsSession): SummaryEvent => ({
  step,
  values: [
    pluginValue("experiment", 2, experiment(session)),
    pluginValue("session_start_info", 3, start(session)),
    ...(session.end === undefined ? [] : [pluginValue("session_end_info", 4, end(session.end))]),
  ],
});
