/** @file Base64 decoding with `atob` only. */

/** The bytes of a text of characters below 256. */
export const bytesIn = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

/** The bytes of a base64 text. */
export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => bytesIn(atob(base64));
