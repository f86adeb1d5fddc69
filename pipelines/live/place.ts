/** @file Where a server is reached; apart from what listens, so that declarations for users name nothing of Node. */

export interface Place {
  /** Port from 0, which stands for any free one, to 65535; the first free one from 4321 on where missing. */
  readonly port?: number;
  /** Name or address of the interface; only programs of this machine can reach it where missing. */
  readonly host?: string;
}
