/** @file Base64 to bytes, without any help of the platform but `atob`. */

/** The bytes that a text of characters below 256 stands for. */
export const bytesIn = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (char) => char.charCodeAt(0));

/** Bytes of a base64 text. */
export const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => bytesIn(atob(base64));
