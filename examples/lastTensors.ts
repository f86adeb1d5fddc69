/**
 * An estimator with an option, in its own file: the largest magnitude of the last tensors.
 *
 *     rangeflow train --gradient-range 'inHindsight(examples/lastTensors.ts:length=3)'
 */
import { absMax, estimate, estimatorEntry, observedRange } from "rangeflow";

export default estimatorEntry({
  name: "lastTensors",
  summary: "largest magnitude of the last tensors",
  source: "",
  isStatic: false,
  options: { length: { type: "integer", default: 9, least: 1, most: 99, help: "tensors that count" } },
  make: ({ length }) =>
    estimate<readonly number[]>({
      init: [],
      step: (last, stat) => [...last, absMax(observedRange(stat))].slice(-length),
      read: (last) => ({ lo: -Math.max(...last), hi: Math.max(...last) }),
    }),
});
