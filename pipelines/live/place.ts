/** @file Address of a server, in a file of its own so that published declarations do not depend on Node. */

/** Address of a server. */
export interface Place {
  /** Port from 0, any free port, to 65535. Default: the first free one from 4321. */
  readonly port?: number;
  /** Name or address of the interface. Default: 127.0.0.1, which only programs of this machine can reach. */
  readonly host?: string;
}
