/** @file Float32 convolutions in jax-js on its `wasm` backend, with the gradients that it derives by itself. */
import { init, jit, lax, numpy, vjp } from "@jax-js/jax";
import { trainers } from "./jaxStep.mjs";
import { channelsLast, channelsSecond } from "./layouts.mjs";

const placed = (data, [n, h, w, c]) =>
  numpy.array(Float32Array.from(channelsSecond(data, [n, h, w, c])), { shape: [n, c, h, w] });

/** A function of no argument for each product; arrays are counted by jax-js, so each call lends them anew with `ref`. */
const computation = (product, forward, x, w, dy) => {
  if (product === "forward") {
    const compiled = jit(forward);
    return () => compiled(x.ref, w.ref);
  }
  const isInput = product === "backward-input";
  const gradient = jit((xs, ws, dys) => {
    const [y, pullback] = isInput ? vjp((a) => forward(a, ws), [xs]) : vjp((b) => forward(xs, b), [ws]);
    y.dispose();
    return pullback(dys)[0];
  });
  return () => gradient(x.ref, w.ref, dy.ref);
};

const conv = async ({ number, product, conv: shape, input, output, wShape, x, w, dy }) => {
  if (number !== "float32" || shape.groups !== 1) return undefined;
  const { stride, padding } = shape;
  const sides = [
    [padding, padding],
    [padding, padding],
  ];
  const forward = (a, b) => lax.convGeneralDilated(a, b, [stride, stride], sides);
  const arrays = [placed(x, input), placed(w, wShape), placed(dy, output)];
  const compute = computation(product, forward, ...arrays);
  const read = () => compute().data();
  const shapes = { forward: output, "backward-input": input, "backward-weight": wShape };
  return {
    name: "jax-js wasm float32",
    run: read,
    result: async () => channelsLast(await read(), shapes[product]),
    close: () => {
      for (const array of arrays) array.dispose();
    },
  };
};

export const open = async () => {
  await init("wasm");
  return { name: "jax-js", conv, trainers, close: () => {} };
};
