import * as E from "fp-ts/lib/Either.js";
import { buildModule, type Module, type Scope } from "../module/module.ts";
import { trialScope } from "../module/trialScope.ts";

/**
 * Paths of the convolutions, dense layers and embeddings of a network, in order, without creating parameters. Empty if the network cannot
 * be built.
 */
export const layerPaths = (network: Module, scope: Scope): readonly string[] => {
  const paths: string[] = [];
  const announce: Scope["announce"] = ({ path }) => void paths.push(path);
  const note: Scope["note"] = (one) => {
    if (one._tag === "Layer" && one.kind === "embedding") paths.push(one.path);
  };
  const trial = buildModule(network, { ...trialScope(scope), announce, note }, "the network");
  return E.isRight(trial) ? paths : [];
};
