/**
 * @file Hooks: what single methods put around the layers and sites of a network, without a word about them in its scope.
 *
 *     const aroundLayer = hookPoint<(name: string, layer: Module) => Module>();     // where hooks are called
 *     const constrain = aroundLayer.hook((name, layer) => constrainedLayer(..));    // what a method gives to a scope
 *     aroundLayer.hooksIn(scope)                                                    // what a layer asks its scope for
 */

/** Hook of a scope for one point of a network. */
export interface Hook {
  /** Point at which it is called. */
  readonly point: symbol;
  readonly call: unknown;
}

/** A kind of place in a network where hooks are called, each of them an `F`. */
export interface HookPoint<F> {
  /** A hook to be called there: give it to a scope. */
  readonly hook: (call: F) => Hook;
  /** The hooks that a scope has for this point, in order. */
  readonly hooksIn: (scope: { readonly hooks: readonly Hook[] }) => readonly F[];
}

/** A new point. */
export const hookPoint = <F>(): HookPoint<F> => {
  const own = Symbol();
  return {
    hook: (call) => ({ point: own, call }),
    hooksIn: ({ hooks }) => hooks.flatMap(({ point, call }) => (point === own ? [call as F] : [])),
  };
};
