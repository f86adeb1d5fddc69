import * as E from "fp-ts/lib/Either.js";
import { onActivation } from "./layer.ts";
import type { Module } from "./module.ts";

/** Passes everything on as it is: the usual shortcut of a residual block. */
export const identity =
  (): Module =>
  ({ shape }) =>
    E.right({ shape, ...onActivation((activation) => activation) });
