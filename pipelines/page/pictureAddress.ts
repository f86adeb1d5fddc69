/** @file Data URL of a picture, as a bitmap file (BMP), which is only a header and rows of bytes. */
import type { Picture } from "../runs/detectedPictures.ts";

const headBytes = 54;

/** Rows of a bitmap go from the bottom up, are padded to multiples of 4 bytes, and have the order blue, green, red. */
const bitmap = ({ height, width, channels, bytes }: Picture): Uint8Array => {
  const pixels = Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0));
  const stride = Math.ceil((3 * width) / 4) * 4;
  const file = new Uint8Array(headBytes + stride * height);
  const head = new DataView(file.buffer);
  head.setUint16(0, 0x424d);
  head.setUint32(2, file.length, true);
  head.setUint32(10, headBytes, true);
  head.setUint32(14, 40, true);
  head.setInt32(18, width, true);
  head.setInt32(22, height, true);
  head.setUint16(26, 1, true);
  head.setUint16(28, 24, true);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let c = 0; c < 3; c++) {
        const from = (row * width + column) * channels + (channels === 3 ? 2 - c : 0);
        file[headBytes + (height - 1 - row) * stride + 3 * column + c] = pixels[from] ?? 0;
      }
  return file;
};

export const pictureAddress = (picture: Picture): string => {
  let letters = "";
  for (const byte of bitmap(picture)) letters += String.fromCharCode(byte);
  return `data:image/bmp;base64,${btoa(letters)}`;
};
