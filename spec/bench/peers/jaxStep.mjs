/** @file Training steps of ResNet-20 in jax-js on its `wasm` backend, as a user of it writes them, compiled as a whole. */
import { jit, lax, nn, numpy, valueAndGrad } from "@jax-js/jax";
import { transposed } from "./layouts.mjs";
import { resnet20 } from "./resnet20.mjs";

const epsilon = 1e-5;

/** The convolution of jax-js: NCHW and OIHW. */
const own = {
  images: [0, 3, 1, 2],
  weights: [0, 3, 1, 2],
  channels: 1,
  conv: (x, w, stride) =>
    lax.convGeneralDilated(
      x,
      w,
      [stride, stride],
      [
        [1, 1],
        [1, 1],
      ],
    ),
};

/** Every `stride`-th row and column of NHWC, from `row` and `column` on. */
const every = (x, stride, row, column, [n, h, w, c]) =>
  x
    .slice([], [row, row + h * stride], [column, column + w * stride], [])
    .reshape([n, h, stride, w, stride, c])
    .slice([], [], 0, [], 0, []);

/** A convolution of 3x3 as one product of matrices, NHWC and HWIO: all pixels under each weight, times the weights. */
const composed = {
  images: [0, 1, 2, 3],
  weights: [1, 2, 3, 0],
  channels: 3,
  conv: (x, w, stride) => {
    const [n, h, width, i] = x.shape;
    const shape = [n, h / stride, width / stride, i];
    const outChannels = w.shape[3];
    const end = stride - 1;
    const padded = numpy.pad(x, [
      [0, 0],
      [1, 1 + end],
      [1, 1 + end],
      [0, 0],
    ]);
    const patches = [0, 1, 2].flatMap((row) =>
      [0, 1, 2].map((column) => every(padded.ref, stride, row, column, shape)),
    );
    padded.dispose();
    const matrix = numpy.concatenate(patches, 3).reshape([-1, 9 * i]);
    return numpy.matmul(matrix, w.reshape([9 * i, outChannels])).reshape([...shape.slice(0, 3), outChannels]);
  },
};

/** Layers over the arrays at paths; every use takes a reference of its own. */
const operationsOf = (values, { conv, channels }) => {
  const of = (path) => values[path].ref;
  const sides = [1, 2, 3].filter((side) => side !== channels);
  const alongChannels = (path) => of(path).reshape([0, 1, 2, 3].map((side) => (side === channels ? -1 : 1)));
  return {
    conv: (x, path, stride) => conv(x, of(`${path}/weight`), stride),
    norm: (x, path) =>
      nn
        .standardize(x, [0, ...sides], { epsilon })
        .mul(alongChannels(`${path}/scale`))
        .add(alongChannels(`${path}/shift`)),
    relu: nn.relu,
    add: (a, b) => a.add(b),
    twice: (x) => [x.ref, x],
    shortcut: (x, stride) => {
      const added = x.shape[channels] / 2;
      const { shape } = x;
      const split = shape.flatMap((size, side) => (sides.includes(side) ? [size / stride, stride] : [size]));
      const first = shape.flatMap((_, side) => (sides.includes(side) ? [[], 0] : [[]]));
      return numpy.pad(
        x.reshape(split).slice(...first),
        shape.map((_, side) => (side === channels ? [added, added] : [0, 0])),
      );
    },
    dense: (x, path) => numpy.matmul(numpy.mean(x, sides), of(`${path}/weight`)).add(of(`${path}/bias`)),
  };
};

const lossOf = (values, x, targets, layout) => {
  const logits = resnet20(operationsOf(values, layout), x);
  for (const value of Object.values(values)) value.dispose();
  const [samples] = targets.shape;
  return nn
    .logSoftmax(logits, 1)
    .mul(targets)
    .sum()
    .mul(-1 / samples);
};

/** An array of ours with its sides in the order of theirs. */
const placed = (data, shape, order) =>
  numpy.array(Float32Array.from(transposed(data, shape, order)), { shape: order.map((side) => shape[side]) });

/** The weights of the last layer become [inputs, units]. */
const arrayOf = ({ path, shape, value }, { weights }) => {
  if (shape.length !== 4) return numpy.array(value, { shape });
  return path === "dense/weight"
    ? placed(value, shape, [1, 2, 3, 0]).reshape([shape[3], shape[0]])
    : placed(value, shape, weights);
};

const training = (layout, { images, parameters, rate, momentum, weightDecay }) => {
  const paths = parameters.map(({ path }) => path);
  const byPath = (f) => Object.fromEntries(paths.map((path, i) => [path, f(path, i)]));
  const isDecayed = new Set(parameters.filter((parameter) => parameter.isDecayed).map(({ path }) => path));
  const x = placed(images.x, images.shape, layout.images);
  const targets = nn.oneHot(numpy.array(images.target, { dtype: numpy.int32 }), 10);
  const step = jit((values, velocities, batch, wanted) => {
    const [loss, gradients] = valueAndGrad((trained) => lossOf(trained, batch, wanted, layout))(
      byPath((path) => values[path].ref),
    );
    const faster = byPath((path) => {
      const gradient = isDecayed.has(path)
        ? gradients[path].add(values[path].ref.mul(weightDecay))
        : gradients[path];
      return velocities[path].mul(momentum).add(gradient);
    });
    return [loss, byPath((path) => values[path].sub(faster[path].ref.mul(rate))), faster];
  });
  let values = byPath((_, i) => arrayOf(parameters[i], layout));
  let velocities = byPath((path) => numpy.zerosLike(values[path].ref));
  return {
    run: async () => {
      const [loss, nextValues, nextVelocities] = step(values, velocities, x.ref, targets.ref);
      [values, velocities] = [nextValues, nextVelocities];
      return (await loss.data())[0];
    },
    close: () => {
      for (const array of [x, targets, ...Object.values(values), ...Object.values(velocities)])
        array.dispose();
      step.dispose();
    },
  };
};

const layouts = { float32: own, "float32, convolutions composed": composed };

/** ResNet-20 in float32 only: jax-js lets nobody write a gradient of his own, so none can be quantized. */
export const trainers = (model) =>
  model !== "resnet20"
    ? []
    : Object.entries(layouts).map(([kind, layout]) => ({
        name: `jax-js wasm ${kind}`,
        number: "float32",
        open: async (task) => training(layout, task),
      }));
