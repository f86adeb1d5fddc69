/** @file Options for the address of a served page. */
import { problem, RangeflowFailure } from "../../core/errors.ts";
import type { Arguments, OwnOption } from "./args.ts";

export const placeOptions: readonly OwnOption[] = [
  {
    name: "port",
    kind: "text",
    value: "N",
    help: "port of the page; 0: any free port [first free from 4321]",
  },
  {
    name: "host",
    kind: "text",
    value: "ADDRESS",
    help: "address that the page is served at; anyone who can reach it sees everything [127.0.0.1, this machine only]",
  },
];

/**
 * The port and host that arguments ask for.
 *
 * @throws `RangeflowFailure` if the port is invalid
 */
export const placeIn = ({ texts }: Arguments): { readonly port?: number; readonly host?: string } => {
  const { port, host } = texts;
  if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 2 ** 16))
    throw new RangeflowFailure(problem("--port", `"${port}"`, "a whole number from 0 to 65535"));
  return { ...(port !== undefined && { port: Number(port) }), ...(host !== undefined && { host }) };
};
