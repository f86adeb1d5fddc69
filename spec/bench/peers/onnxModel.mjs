/**
 * @file ONNX models of one node, written as protobuf by hand, so that no Python is needed.
 *
 *     field = varint(number << 3 | wire type), then varint (wire type 0), or length and bytes (wire type 2)
 *
 * Field numbers are those of onnx.proto: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto, ValueInfoProto.
 */

/** Data types of TensorProto. */
export const types = { float32: 1, uint8: 2, int8: 3 };

const varint = (value) => {
  const bytes = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
};

const integer = (field, value) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field, value) => Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field, value) => bytes(field, Buffer.from(value));
const message = (field, parts) => bytes(field, Buffer.concat(parts));

const attribute = ([name, value]) =>
  message(5, [
    text(1, name),
    ...(Array.isArray(value)
      ? [...value.map((entry) => integer(8, entry)), integer(20, 7)]
      : [integer(3, value), integer(20, 2)]),
  ]);

const constant = ([name, { type, dims, data }]) =>
  message(5, [
    ...dims.map((dim) => integer(1, dim)),
    integer(2, types[type]),
    text(8, name),
    bytes(9, Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);

const value = (field, { name, type, dims }) =>
  message(field, [
    text(1, name),
    message(2, [
      message(1, [
        integer(1, types[type]),
        message(
          2,
          dims.map((dim) => message(1, [integer(1, dim)])),
        ),
      ]),
    ]),
  ]);

/**
 * The bytes of a model with one node.
 *
 * @param node `operator`, `domain`, names of `inputs` (in order) and `attributes` (integers or lists of them)
 * @param constants by name: `{ type, dims, data }`
 * @param input the only input that is no constant: `{ name, type, dims }`; `output` likewise
 */
export const onnxModel = ({ operator, domain = "", inputs, attributes, constants, input, output }) =>
  Buffer.concat([
    integer(1, 8),
    message(7, [
      message(1, [
        ...inputs.map((name) => text(1, name)),
        text(2, output.name),
        text(4, operator),
        ...Object.entries(attributes).map(attribute),
        ...(domain === "" ? [] : [text(7, domain)]),
      ]),
      text(2, "one"),
      ...Object.entries(constants).map(constant),
      value(11, input),
      value(12, output),
    ]),
    message(8, [text(1, ""), integer(2, 13)]),
    ...(domain === "" ? [] : [message(8, [text(1, domain), integer(2, 1)])]),
  ]);
