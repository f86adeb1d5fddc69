/** @file Training steps of ResNet-20 in TensorFlow.js, as a user of it writes them. */
import * as tf from "@tensorflow/tfjs-core";
// Its bundle is what brings the gradients of the kernels to Node: that of the core leaves them out.
import "@tensorflow/tfjs-layers";
import { transposed } from "./layouts.mjs";
import { resnet20 } from "./resnet20.mjs";
import { composedConv, composedNorm } from "./tensorflowGradients.mjs";
import {
  hindsight,
  quantizedActivation,
  quantizedGradient,
  quantizedWeights,
} from "./tensorflowQuantizers.mjs";

const epsilon = 1e-5;

/** Layers with the gradients of TensorFlow.js. */
const own = () => ({
  conv: (x, w, stride) =>
    tf.conv2d(x, w, stride, [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ]),
  norm: (x, scale, shift) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.batchNorm4d(x, mean, variance, shift, scale, epsilon);
  },
});

/** Layers with gradients composed by hand. */
const composed = () => ({
  conv: composedConv,
  norm: (x, scale, shift) => composedNorm(x, scale, shift, epsilon),
});

/** Layers whose convolutions take quantized tensors, and have their gradients quantized behind them. */
const quantized = () => {
  const { conv, norm } = composed();
  const ranges = hindsight();
  return {
    conv: (x, w, stride, path) =>
      quantizedGradient(
        conv(quantizedActivation(x, ranges(`${path}/input`)), quantizedWeights(w), stride),
        ranges(`${path}/gradient`),
      ),
    norm,
  };
};

/** The operations of a network whose variables lie at paths. */
const operationsOf = (variables, { conv, norm }) => {
  const of = (path) => variables.get(path);
  return {
    conv: (x, path, stride) => conv(x, of(`${path}/weight`), stride, path),
    norm: (x, path) => norm(x, of(`${path}/scale`), of(`${path}/shift`)),
    relu: tf.relu,
    add: tf.add,
    twice: (x) => [x, x],
    /** Pooling of single pixels, since a strided slice has no gradient. */
    shortcut: (x, stride) => {
      const added = x.shape[3] / 2;
      return tf.pad(tf.avgPool(x, 1, stride, "valid"), [
        [0, 0],
        [0, 0],
        [0, 0],
        [added, added],
      ]);
    },
    dense: (x, path) => tf.add(tf.matMul(tf.mean(x, [1, 2]), of(`${path}/weight`)), of(`${path}/bias`)),
  };
};

/** OHWI to HWIO, and the [units, 1, 1, inputs] of the last layer to [inputs, units]. */
const variableOf = ({ path, shape, value }) => {
  if (shape.length !== 4) return tf.variable(tf.tensor(value, shape));
  const [o, h, w, i] = shape;
  const theirs = transposed(value, shape, [1, 2, 3, 0]);
  return tf.variable(tf.tensor(theirs, path === "dense/weight" ? [i, o] : [h, w, i, o]));
};

/** A network in training on `backend` that takes a step, and tells its loss, whenever it is told to. */
const training = (backend, layers, { images, parameters, rate, momentum, weightDecay }) => {
  tf.setBackend(backend);
  const variables = new Map(parameters.map((parameter) => [parameter.path, variableOf(parameter)]));
  const decayed = parameters.filter(({ isDecayed }) => isDecayed).map(({ path }) => variables.get(path));
  const x = tf.tensor(images.x, images.shape);
  const labels = tf.oneHot(tf.tensor1d(images.target, "int32"), 10);
  const optimizer = tf.train.momentum(rate, momentum);
  const operations = operationsOf(variables, layers);
  return {
    run: () => {
      tf.setBackend(backend);
      return tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() =>
          tf.losses.softmaxCrossEntropy(labels, resnet20(operations, x)),
        );
        for (const variable of decayed)
          grads[variable.name] = tf.add(grads[variable.name], tf.mul(variable, weightDecay));
        optimizer.applyGradients(grads);
        return value.dataSync()[0];
      });
    },
    close: () => {
      tf.dispose([...variables.values(), x, labels]);
      optimizer.dispose();
    },
  };
};

const trainers = [
  { kind: "float32", number: "float32", layers: own },
  { kind: "float32, gradients composed", number: "float32", layers: composed },
  { kind: "simulated W8A8G8, gradients composed", number: "W8A8G8", layers: quantized },
];

/**
 * ResNet-20 on one backend: with the gradients of TensorFlow.js, and with those that its user composes, which are several times
 * faster on `cpu` and the only way on `wasm`.
 */
export const trainersOn = (backend) => (model) =>
  model !== "resnet20"
    ? []
    : trainers.map(({ kind, number, layers }) => ({
        name: `tfjs-backend-${backend} ${kind}`,
        number,
        open: async (task) => training(backend, layers(), task),
      }));
