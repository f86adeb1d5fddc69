/**
 * @file ResNet-20 over the operations of whichever library: `conv`, `norm`, `relu`, `add`, `shortcut`, `dense`, and `twice`, which
 * gives a tensor to two users. Paths are those of the parameters.
 */

/** Two 3x3 convolutions and a shortcut without parameters. */
const block = ({ conv, norm, relu, add, shortcut, twice }, x, path, stride) => {
  const [inside, aside] = twice(x);
  const first = relu(norm(conv(inside, `${path}/conv1`, stride), `${path}/norm1`));
  const second = norm(conv(first, `${path}/conv2`, 1), `${path}/norm2`);
  return relu(add(second, stride === 1 ? aside : shortcut(aside, stride)));
};

/** From images to logits; `operations.dense` takes the mean over each image first. */
export const resnet20 = (operations, images) => {
  const { conv, norm, relu, dense } = operations;
  let x = relu(norm(conv(images, "conv1", 1), "norm1"));
  for (const layer of [1, 2, 3])
    for (const at of [1, 2, 3])
      x = block(operations, x, `layer${layer}/block${at}`, layer > 1 && at === 1 ? 2 : 1);
  return dense(x, "dense");
};
