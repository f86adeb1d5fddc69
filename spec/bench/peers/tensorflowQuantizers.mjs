/**
 * @file W8A8G8 simulated in TensorFlow.js, which has no fake quantization of its own: float32 tensors, rounded to 8-bit grids by
 * arithmetic; the nearest code forward, a stochastic one backward.
 */
import * as tf from "@tensorflow/tfjs-core";

const [qmin, qmax] = [-128, 127];

/** Sites by path; each gives the running average of the ranges before a tensor, and for its first tensor that tensor's own. */
export const hindsight = (decay = 0.9) => {
  const ranges = new Map();
  return (path) => (x) => {
    const seen = tf.tidy(() => [tf.min(x), tf.max(x)].map((end) => end.dataSync()[0]));
    const used = ranges.get(path) ?? seen;
    ranges.set(
      path,
      used.map((end, i) => decay * end + (1 - decay) * seen[i]),
    );
    return used;
  };
};

const affine = ([min, max]) => {
  const [lo, hi] = [Math.min(min, 0), Math.max(max, 0)];
  const scale = (hi - lo) / (qmax - qmin);
  return { scale, zeroPoint: Math.round(qmin - lo / scale) };
};

/** The nearest values on the grid of `range`; no gradient where it clips. */
export const quantizedActivation = (activation, range) =>
  tf.customGrad((x, save) => {
    const { scale, zeroPoint } = affine(range(x));
    const codes = tf.round(tf.div(x, scale));
    const [least, most] = [qmin - zeroPoint, qmax - zeroPoint];
    const isInside = tf.logicalAnd(tf.greaterEqual(codes, least), tf.lessEqual(codes, most));
    save([isInside]);
    return {
      value: tf.mul(tf.clipByValue(codes, least, most), scale),
      gradFunc: (dy, [saved]) => tf.mul(dy, saved),
    };
  })(activation);

/** The nearest values on the symmetric grid that just holds them all. */
export const quantizedWeights = (weights) =>
  tf.customGrad((w) => {
    const scale = tf.div(tf.max(tf.abs(w)), qmax);
    return { value: tf.mul(tf.round(tf.div(w, scale)), scale), gradFunc: (dw) => dw };
  })(weights);

/** The identity; its gradient is rounded to the grid of `range`, up or down by chance. */
export const quantizedGradient = (activation, range) =>
  tf.customGrad((y) => ({
    value: tf.clone(y),
    gradFunc: (dy) => {
      const { scale, zeroPoint } = affine(range(dy));
      const codes = tf.floor(tf.add(tf.div(dy, scale), tf.randomUniform(dy.shape)));
      return tf.mul(tf.clipByValue(codes, qmin - zeroPoint, qmax - zeroPoint), scale);
    },
  }))(activation);
