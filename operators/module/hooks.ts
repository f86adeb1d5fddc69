/**
 * @file Hooks: how methods add to the layers and sites of a network without fields of their own in the scope.
 *
 *     const aroundLayer = hookPoint<(name: string, layer: Module) => Module>();     // a point where hooks are called
 *     const constrain = aroundLayer.hook((name, layer) => constrainedLayer(..));    // a hook, to be put into a scope
 *     aroundLayer.hooksIn(scope)                                                    // the hooks of a scope for this point
 */

/** A hook in a scope. */
export interface Hook {
  /** Point at which it is called. */
  readonly point: symbol;
  readonly call: unknown;
}

/** A point in a network at which hooks of type `F` are called. */
export interface HookPoint<F> {
  /** Makes a hook for this point, to be put into a scope. */
  readonly hook: (call: F) => Hook;
  /** The hooks of a scope for this point, in order. */
  readonly hooksIn: (scope: { readonly hooks: readonly Hook[] }) => readonly F[];
}

/** Makes a new point. */
export const hookPoint = <F>(): HookPoint<F> => {
  const own = Symbol();
  return {
    hook: (call) => ({ point: own, call }),
    hooksIn: ({ hooks }) => hooks.flatMap(({ point, call }) => (point === own ? [call as F] : [])),
  };
};
