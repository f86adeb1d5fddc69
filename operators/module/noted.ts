/** @file Layers are noted for the layer around them, in the order of the network. */
import * as E from "fp-ts/lib/Either.js";
import type { Module, Scope } from "./module.ts";
import type { LayerNote, Note } from "./notes.ts";

/** A scope in which layers are noted for the layer around them, and everything else as before. */
export const notingWithin = <S extends Pick<Scope, "note">>(
  scope: S,
): { readonly scope: S; readonly layers: readonly LayerNote[] } => {
  const layers: LayerNote[] = [];
  const note = (one: Note): void => {
    if (one._tag === "Layer") layers.push(one);
    else scope.note(one);
  };
  return { scope: { ...scope, note }, layers };
};

/** A module that has said nothing of itself, by its text. */
const bare = (module: Module, { path }: Pick<Scope, "path">): LayerNote => ({
  _tag: "Layer",
  path,
  kind: undefined,
  options: {},
  make: module,
  within: [],
});

/**
 * Builds a module, which is known by its text if that says no word about itself, as with one that no `layer` made.
 *
 * @param build builds it in the scope that it is given
 */
export const noted = (
  module: Module,
  scope: Scope,
  build: (scope: Scope) => ReturnType<Module>,
): ReturnType<Module> => {
  scope.note({ _tag: "Functions", place: "the modules", functions: [module] });
  const { scope: inner, layers } = notingWithin(scope);
  const built = build(inner);
  if (E.isRight(built))
    for (const layer of layers.length > 0 ? layers : [bare(module, scope)]) scope.note(layer);
  return built;
};
