import * as E from "fp-ts/lib/Either.js";
import { onActivation } from "../../operators/module/layer.ts";
import { type Built, buildModule, type Module } from "../../operators/module/module.ts";

/** A module that is built, so that its parameters exist, and computes nothing: activations of any shape pass unchanged. */
export const unused =
  (module: Module): Module =>
  (scope) =>
    E.map(({ shape }: Built) => ({ ...onActivation((activation) => activation), shape }))(
      buildModule(module, scope, "an unused module"),
    );
