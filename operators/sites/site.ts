/** @file Sites: the interface between a site and its layer, and the hooks around sites. */
import type { Unsubscribable } from "rxjs";
import type { Expr } from "../../core/expr.ts";
import type { Operand } from "../../core/product.ts";
import type { Role } from "../../core/signal.ts";
import type { Codes } from "../../core/tensor.ts";
import type { Quantizer } from "../../quantizers/quantizer.ts";
import { hookPoint } from "../module/hooks.ts";
import type { Scope } from "../module/module.ts";
import type { Context } from "../step/context.ts";
import type { Backward } from "../step/op.ts";
import type { Task } from "../step/task.ts";

/** Pullback of a site: from the gradient of its output to that of its input, and of what the site learns. */
export type SitePullback = (dy: Expr, ctx: Context) => Task<Backward> | Backward;

/** A quantized tensor, and the pullback of its gradient. */
export interface Quantized {
  /** Codes, or float32 values if no integer grid represents them. */
  readonly value: Operand;
  /** One byte per element, 1 where the gradient may pass; absent if it may pass everywhere. */
  readonly gradientMask?: Codes | undefined;
  readonly pullback: SitePullback;
}

/** A place where one tensor per step is quantized. Its state lives until it is unsubscribed. */
export interface Site extends Unsubscribable {
  /** Quantizes a tensor on the tape of the site's layer, and emits what was observed. */
  readonly quantize: (x: Expr, ctx: Context) => Task<Quantized>;
}

/** A site's place, and its quantizer. */
export interface SitePlace {
  /** Path, e.g. `conv1/input`. */
  readonly path: string;
  readonly role: Role;
  readonly quantizer: Quantizer;
}

/** Hooks around every site, e.g. one that measures the quantization error. */
export const aroundSite = hookPoint<(site: Site, place: SitePlace) => Site>();

/** A site wrapped in the hooks of its scope, the first hook innermost. */
export const withHooks = (scope: Scope, site: Site, place: SitePlace): Site =>
  aroundSite.hooksIn(scope).reduce((inner, around) => around(inner, place), site);
