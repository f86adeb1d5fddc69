import { problem, RangeflowFailure } from "../../../core/errors.ts";
import type { Shape } from "../../../core/tensor.ts";
import type { NodeProto } from "../proto/onnx_pb.ts";
import { intAttribute, intsAttribute, textAttribute } from "./attributes.ts";
import type { ConvSlide } from "./constant.ts";
import { nodeText } from "./readModel.ts";

/**
 * How a `Conv` moves over its image.
 *
 * @param shape shape of its weights, [O, I / groups, H, W]
 * @param isPadded whether a separate node pads the image
 * @throws `RangeflowFailure` if its `kernel_shape` differs from that of its weights
 */
export const convSlide = (path: string, node: NodeProto, shape: Shape, isPadded: boolean): ConvSlide => {
  const kernel = intsAttribute(node, "kernel_shape", shape.slice(2));
  if (kernel.join() !== shape.slice(2).join())
    throw new RangeflowFailure(
      problem(
        path,
        `${nodeText(node)} with kernel_shape [${kernel.join(", ")}]`,
        `[${shape.slice(2).join(", ")}], the sides of its weights`,
      ),
    );
  const autoPad = textAttribute(node, "auto_pad", "NOTSET");
  const isTold = !isPadded && (autoPad === "NOTSET" || autoPad === "VALID");
  const none = [0, 0, 0, 0];
  const pads = autoPad === "NOTSET" ? intsAttribute(node, "pads", none) : none;
  return {
    strides: intsAttribute(node, "strides", [1, 1]),
    pads: isTold ? pads : undefined,
    dilations: intsAttribute(node, "dilations", [1, 1]),
    group: intAttribute(node, "group", 1),
  };
};
