/** @file The built-in estimators: the entries that `quantizers/estimators/index.ts` exports. */
import { entriesIn } from "../../core/entry.ts";
import type { CombinatorEntry, EstimatorEntry } from "../estimators/estimatorEntry.ts";
import * as contents from "../estimators/index.ts";

/** Every built-in estimator. */
export const catalogue = entriesIn<EstimatorEntry>(contents, "estimator");

/** Every built-in combinator: an estimator of another estimator E, written `name(E)`. */
export const combinators = entriesIn<CombinatorEntry>(contents, "combinator");
