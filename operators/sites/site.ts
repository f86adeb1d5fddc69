/** @file What a site is to the layer that it stands in, and what a method may put around it. */
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

/** Way back through a site: from the gradient of what it made of its tensor to that of the tensor, and of what the site learns. */
export type SitePullback = (dy: Expr, ctx: Context) => Task<Backward> | Backward;

/** A tensor that was quantized, and the way back for its gradient. */
export interface Quantized {
  /** Codes, or float32 values where no integer grid holds them. */
  readonly value: Operand;
  /** One byte an element, 1 where a gradient may pass; absent where it may pass everywhere. */
  readonly gradientMask?: Codes | undefined;
  readonly pullback: SitePullback;
}

/** A place where one tensor of each step is quantized. Its state lasts until it is unsubscribed. */
export interface Site extends Unsubscribable {
  /** Quantizes a tensor on the tape of the layer around the site, and emits what was seen of it. */
  readonly quantize: (x: Expr, ctx: Context) => Task<Quantized>;
}

/** Place of a site, and how it quantizes. */
export interface SitePlace {
  /** Path such as `conv1/input`. */
  readonly path: string;
  readonly role: Role;
  readonly quantizer: Quantizer;
}

/** Hooks around every site, such as one that measures what quantizing costs. */
export const aroundSite = hookPoint<(site: Site, place: SitePlace) => Site>();

/** A site with what its scope puts around it, the first hook innermost. */
export const withHooks = (scope: Scope, site: Site, place: SitePlace): Site =>
  aroundSite.hooksIn(scope).reduce((inner, around) => around(inner, place), site);
