/** @file Arguments of commands that replay estimators: the estimators, and the timeout of their calls. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import { getOrThrow } from "../../core/getOrThrow.ts";
import { realIn } from "../../core/numberText.ts";
import type { Scope } from "../../operators/module/module.ts";
import { patienceOf } from "../../operators/module/patience.ts";
import type { NamedEstimator } from "../../quantizers/quantizer.ts";
import { bePatient } from "../foreign/watchdog.ts";
import { estimatorNamed } from "../settings/estimatorNamed.ts";
import type { Option } from "./args.ts";

export const estimatorPatienceOption: Option = {
  name: "patience",
  kind: "text",
  value: "N",
  help: "timeout in seconds for each call of an estimator [10]",
};

/** The timeout that --patience gives, in force for all calls of estimators from now on. */
export const patienceIn = (text = "10"): Scope["patience"] => {
  const seconds = realIn(text);
  if (!(seconds > 0 && Number.isFinite(seconds)))
    throw new RangeflowFailure(problem("--patience", `"${text}"`, "a positive number"));
  bePatient(seconds);
  return patienceOf(seconds, "--patience");
};

/** The estimators that texts name, without repetitions. */
export const estimatorsNamed = (texts: readonly string[] = []): Promise<readonly NamedEstimator[]> =>
  Promise.all([...new Set(texts)].map(async (text) => getOrThrow(await estimatorNamed("--estimator", text))));
