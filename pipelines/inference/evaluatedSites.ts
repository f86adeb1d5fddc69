/** @file Observes how the sites of a network quantize in evaluation. */

import type { Engine } from "../../core/engine.ts";
import type { QParams } from "../../core/qparams.ts";
import { elements, type HostCodes, type HostTensor } from "../../core/tensor.ts";
import type { Hook } from "../../operators/module/hooks.ts";
import { aroundSite, type SitePlace } from "../../operators/sites/site.ts";
import { wait } from "../../operators/step/task.ts";

/** Result of a site for its tensor: codes on a grid, or float32 values that are on no grid. */
export interface EvaluatedSite extends SitePlace {
  readonly params: QParams | undefined;
  /** Codes of weights; undefined for activations, whose codes depend on the batch. */
  readonly codes: Int8Array | undefined;
  /** Values of weights that are not codes. */
  readonly values: Float32Array | undefined;
}

export interface EvaluatedSites {
  readonly hook: (engine: Engine) => Hook;
  /** Results of each site for the batches, in order, by path. */
  readonly sites: ReadonlyMap<string, readonly EvaluatedSite[]>;
}

const copyOfCodes = (codes: HostCodes): Int8Array => Int8Array.from(elements(codes));
const copyOf = (x: HostTensor): Float32Array => Float32Array.from(elements(x));

/** Observes every site of a network in evaluation. */
export const evaluatedSites = (): EvaluatedSites => {
  const sites = new Map<string, readonly EvaluatedSite[]>();
  const hook = (engine: Engine): Hook =>
    aroundSite.hook((site, place) => ({
      ...site,
      quantize: function* (x, ctx) {
        const quantized = yield* site.quantize(x, ctx);
        const { value } = quantized;
        const isWeight = place.role === "weight";
        const isCodes = value._tag === "Codes";
        const seen: EvaluatedSite = {
          ...place,
          params: isCodes ? value.q.params : undefined,
          codes: isWeight && isCodes ? copyOfCodes(yield* wait(engine.read(value.q.codes))) : undefined,
          values: isWeight && !isCodes ? copyOf(yield* wait(engine.read(value.x))) : undefined,
        };
        sites.set(place.path, [...(sites.get(place.path) ?? []), seen]);
        return quantized;
      },
    }));
  return { hook, sites };
};
