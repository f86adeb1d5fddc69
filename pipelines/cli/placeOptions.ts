/** @file The options that say where a page is served. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Arguments, OwnOption } from "./args.ts";

export const placeOptions: readonly OwnOption[] = [
  {
    name: "port",
    kind: "text",
    value: "N",
    help: "port of the page, 0 for any free one [first free from 4321]",
  },
  {
    name: "host",
    kind: "text",
    value: "ADDRESS",
    help: "address that the page is served at; it shows all to whoever reaches it [127.0.0.1, this machine alone]",
  },
];

/**
 * Where the arguments want a page to be served.
 *
 * @throws `RangeflowFailure` if the port is none
 */
export const placeIn = ({ texts }: Arguments): { readonly port?: number; readonly host?: string } => {
  const { port, host } = texts;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 2 ** 16))
    throw new RangeflowFailure(problem("--port", `"${port}"`, "a whole number from 0 to 65535"));
  return { ...(port !== undefined && { port: Number(port) }), ...(host !== undefined && { host }) };
};
