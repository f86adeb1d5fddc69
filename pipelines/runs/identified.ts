/** @file Identity of an experiment once its data are read and its network is planned. */
import { problem, RangeflowFailure, thrownBy, valueText } from "../../core/errors.ts";
import type { DataContent } from "../data/dataContent.ts";
import type { Dataset } from "../data/dataset.ts";
import { checkContent, guardedDataset } from "../data/guardedDataset.ts";
import { datasetOf } from "../data/images.ts";
import type { Experiment } from "../experiments/experiment.ts";
import { checkDetections } from "./checkDetections.ts";
import { checkMetrics } from "./checkMetrics.ts";
import { type Identity, identityOf } from "./identity.ts";
import { networkFor, type RunSteps, trainedModule } from "./network.ts";
import type { OpenSource } from "./openSource.ts";
import { type PlannedModel, plannedModel } from "./plannedModel.ts";
import { declaredMetrics } from "./toldMetrics.ts";

export interface Identified {
  readonly data: Dataset;
  readonly content: DataContent;
  /** The planned network in float32. */
  readonly planned: PlannedModel;
  readonly identity: Identity;
  /** Names of the metrics that its modules emit. */
  readonly declared: readonly string[];
}

/** Makes a part of an experiment. Exceptions of user code become messages. */
const partOf = async <T>(where: string, make: () => T | Promise<T>, expected: string): Promise<T> => {
  try {
    return await make();
  } catch (error) {
    if (error instanceof Error && error.message.startsWith("internal:")) throw error;
    throw thrownBy(where, error, expected);
  }
};

const isData = (x: unknown): boolean =>
  typeof x === "object" && x !== null && ("batches" in x || "train" in x);

/** The data of an experiment, read if necessary. @returns rejects with `RangeflowFailure` with every problem */
export const dataOf = async ({ name, data }: Experiment): Promise<Dataset> => {
  const where = `data of ${name}`;
  const read = await partOf(where, () => (typeof data === "function" ? data() : data), "a data set");
  if (!isData(read))
    throw new RangeflowFailure(problem(where, valueText(read), "a data set, such as fromArrays gives"));
  return guardedDataset(where, datasetOf(read));
};

/** Content of data. @returns rejects with `RangeflowFailure` if the data cannot report it */
export const contentIn = async ({ name }: Pick<Experiment, "name">, data: Dataset): Promise<DataContent> => {
  const where = `data of ${name}`;
  const content = await partOf(where, () => data.content(), "a hash of their content");
  checkContent(where, content);
  return content;
};

/** Length of a run, as far as it follows from the number of its samples. */
const lengthOf = ({ batch, epochs }: Experiment, { train }: DataContent): RunSteps => {
  const perEpoch = Math.max(Math.ceil(train / batch), 1);
  return { steps: epochs * perEpoch, perEpoch };
};

/**
 * Reads the data of an experiment and plans its network.
 *
 * @throws `RangeflowFailure` with every problem of either
 */
export const identified = async ({ experiment, claim, watch }: OpenSource): Promise<Identified> => {
  const { name } = experiment;
  const data = await dataOf(experiment);
  checkDetections(experiment, data);
  const content = await contentIn(experiment, data);
  const planned = await partOf(
    `network of ${name}`,
    () => plannedModel(networkFor(experiment, data), data.shape, watch),
    "a module that can be built",
  );
  const length = lengthOf(experiment, content);
  const { notes } = plannedModel(trainedModule(experiment, data, length), data.shape, watch);
  const declared = declaredMetrics(notes);
  checkMetrics(experiment, declared, content.test);
  const identity = identityOf(claim(data, planned.parameters, notes), content);
  return { data, content, planned, identity, declared };
};
