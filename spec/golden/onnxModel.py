"""The bytes of a small QDQ model, as the package onnx writes them, in base64."""

import base64
import json
import numpy as np
from onnx import TensorProto, helper, numpy_helper

weights = numpy_helper.from_array(np.arange(-4, 4, dtype=np.int8).reshape(2, 4), "dense/weights")
scale = numpy_helper.from_array(np.array([0.5, 0.25], dtype=np.float32), "dense/scale")
zero = numpy_helper.from_array(np.zeros(2, dtype=np.int8), "dense/zero")
bias = helper.make_tensor("dense/bias", TensorProto.FLOAT, [2], [1.5, -2.0])
nodes = [
    helper.make_node("DequantizeLinear", ["dense/weights", "dense/scale", "dense/zero"], ["w"], axis=0),
    helper.make_node("Gemm", ["x", "w", "dense/bias"], ["y"], name="dense", transB=1, alpha=1.0),
]
graph = helper.make_graph(
    nodes,
    "small",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 2])],
    [weights, scale, zero, bias],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10, producer_name="golden")
print(json.dumps({"model": base64.b64encode(model.SerializeToString()).decode()}))
