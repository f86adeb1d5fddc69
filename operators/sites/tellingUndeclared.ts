import { problem, RangeflowFailure } from "../../core/errors.ts";
import { missingIn } from "../../core/notRecorded.ts";

/**
 * Calls an estimator of a training run. One that measures without saying so has no tensor to ask; its failure says how to say so, where the
 * general one tells of recordings.
 *
 * @param estimator the name of one that does not say that it measures; `undefined` for any other
 */
export const tellingUndeclared = <T>(
  site: string,
  estimator: string | undefined,
  step: number,
  call: () => T,
): T => {
  try {
    return call();
  } catch (error) {
    if (estimator === undefined || missingIn((error as Error).cause) === undefined) throw error;
    const failure = new RangeflowFailure(
      problem(
        `${site}, step ${step}`,
        `estimator ${estimator} measures the tensor itself, and does not say so`,
        'measures("waiting", estimator), of rangeflow/quantizers',
        "inHindsight around it then keeps every tensor for it",
      ),
    );
    throw Object.assign(failure, { cause: error });
  }
};
