/** @file Layouts: what is NHWC and OHWI with us has its channels elsewhere with others. */

/** A tensor of four sides with its sides in another order: side i of the result is side order[i] of `data`. */
export const transposed = (data, shape, order) => {
  const out = new data.constructor(data.length);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, side) => product * side, 1));
  const [a, b, c, d] = order.map((i) => shape[i]);
  const [sa, sb, sc, sd] = order.map((i) => strides[i]);
  let at = 0;
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++)
        for (let l = 0, from = i * sa + j * sb + k * sc; l < d; l++, from += sd) out[at++] = data[from];
  return out;
};

/** Channels second, as ONNX and PyTorch have them: NHWC to NCHW, and OHWI to OIHW. */
export const channelsSecond = (data, shape) => transposed(data, shape, [0, 3, 1, 2]);

/** The way back: [N, C, H, W] of `shape` [N, H, W, C] to NHWC. */
export const channelsLast = (data, [n, h, w, c]) => transposed(data, [n, c, h, w], [0, 2, 3, 1]);
