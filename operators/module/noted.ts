/** @file Notes of layers, collected for the layer around them in network order. */
import * as E from "fp-ts/lib/Either.js";
import type { Module, Scope } from "./module.ts";
import type { LayerNote, Note } from "./notes.ts";

/** A scope that collects the notes of layers for the layer around them. */
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

/** Note of a module that made none itself, identified by its source text. */
const bare = (module: Module, { path }: Pick<Scope, "path">): LayerNote => ({
  _tag: "Layer",
  path,
  kind: undefined,
  options: {},
  make: module,
  within: [],
});

/**
 * Builds a module and notes it. A module that makes no note itself, e.g. one not made by `layer`, is identified by its source text.
 *
 * @param build builds it in the given scope
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
