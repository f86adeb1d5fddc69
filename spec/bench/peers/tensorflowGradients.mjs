/**
 * @file Gradients of TensorFlow.js that are composed by hand, from kernels that its `wasm` backend has.
 *
 * That backend has no `Conv2DBackpropFilter`, and its `Conv2DBackpropInput` is a plain loop of 1 billion products a second where its
 * `Conv2D` reaches 7 to 15. Both gradients of a convolution are convolutions of transposed tensors:
 *
 *     dx = conv(dy with stride - 1 zeros between, w turned around and with its channels swapped)
 *     dw = conv(x as [I, H, W, N], dy as [H', W', N, O], dilated by the stride)
 */
import * as tf from "@tensorflow/tfjs-core";

/** All but the channels. */
const axes = [0, 1, 2];

const sides = (before, after = before) => [
  [0, 0],
  [before, after],
  [before, after],
  [0, 0],
];

/** [N, H, W, C] with stride - 1 rows and columns of zeros behind each of its own. */
const spaced = (dy, stride) => {
  if (stride === 1) return dy;
  const [n, h, w, c] = dy.shape;
  const between = [0, stride - 1];
  const padded = tf.pad(tf.reshape(dy, [n, h, 1, w, 1, c]), [
    [0, 0],
    [0, 0],
    between,
    [0, 0],
    between,
    [0, 0],
  ]);
  return tf.reshape(padded, [n, h * stride, w * stride, c]);
};

/** Convolution of 3x3 with padding 1 over images whose sides the stride divides: NHWC and HWIO. */
export const composedConv = (images, weights, stride) =>
  tf.customGrad((x, w, save) => {
    save([x, w]);
    return {
      value: tf.conv2d(x, w, stride, sides(1)),
      gradFunc: (dy, [savedX, savedW]) => {
        const turned = tf.transpose(tf.reverse(savedW, [0, 1]), [0, 1, 3, 2]);
        const [columns, filters] = [tf.transpose(savedX, [3, 1, 2, 0]), tf.transpose(dy, [1, 2, 0, 3])];
        const dw = tf.conv2d(columns, filters, 1, sides(1, 2 - stride), "NHWC", stride);
        return [tf.conv2d(spaced(dy, stride), turned, 1, sides(1)), tf.transpose(dw, [1, 2, 0, 3])];
      },
    };
  })(images, weights);

/** Normalization with the statistics of the batch; the library's own gradient spends its time in repeating a vector by `Tile`. */
export const composedNorm = (activation, scale, shift, epsilon) =>
  tf.customGrad((x, gamma, beta, save) => {
    const { mean, variance } = tf.moments(x, axes);
    const inverse = tf.rsqrt(tf.add(variance, epsilon));
    save([x, mean, inverse, gamma]);
    return {
      value: tf.batchNorm4d(x, mean, variance, beta, gamma, epsilon),
      gradFunc: (dy, [savedX, savedMean, savedInverse, savedGamma]) => {
        const normal = tf.mul(tf.sub(savedX, savedMean), savedInverse);
        const count = savedX.size / savedMean.size;
        const [dBeta, dGamma] = [tf.sum(dy, axes), tf.sum(tf.mul(dy, normal), axes)];
        const along = tf.add(tf.mul(normal, tf.div(dGamma, count)), tf.div(dBeta, count));
        return [tf.mul(tf.sub(dy, along), tf.mul(savedGamma, savedInverse)), dGamma, dBeta];
      },
    };
  })(activation, scale, shift);
