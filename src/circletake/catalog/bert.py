"""The network behind `minilm`: a BERT encoder as an ONNX graph that is built here around given weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

_LAYERS, _HEADS, _WIDTH = 6, 12, 384


def tensors(data: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Return the tensors of a safetensors file by name, without copying them.

    The format: 8 bytes with the length of a JSON header, the header (dtype, shape and data_offsets by name), the data.
    """
    (length,) = struct.unpack("<Q", bytes(data[:8]))
    header: dict[str, Any] = json.loads(bytes(data[8 : 8 + length]))
    found: dict[str, NDArray[np.float32]] = {}
    for name, told in header.items():
        if told.get("dtype") == "F32":
            first, last = (8 + length + at for at in told["data_offsets"])
            found[name] = data[first:last].view(np.float32).reshape(told["shape"])
    return found


def session(weights: Mapping[str, NDArray[np.float32]]) -> onnxruntime.InferenceSession:
    """Return the network, ready to run on one thread: ids, mask, positions -> vectors."""
    graph = _Graph(weights)
    model = graph.model()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(value) for value in graph.weights.values()]
    options.add_external_initializers(list(graph.weights), values)
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


class _Graph:
    """The network as ONNX, opset 20; weights are named in it and given beside it."""

    def __init__(self, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        self._tensors = tensors
        self.weights: dict[str, NDArray[np.float32]] = {}
        self._nodes: list[onnx.NodeProto] = []
        self._initial: list[onnx.TensorProto] = []

    def model(self) -> bytes:
        """Return the serialised model: ids, mask (n, length), positions (length) -> vectors (n, 384)."""
        masked = self._op("Cast", "mask", to=TensorProto.FLOAT)
        nothing = self._op("Mul", self._op("Sub", self._constant(1.0), masked), self._constant(-1e9))
        bias = self._op("Unsqueeze", nothing, self._constant([1, 2]))
        state = self._embedded()
        for layer in range(_LAYERS):
            state = self._layer(state, bias, f"encoder.layer.{layer}.")
        kept = self._op("Mul", state, self._op("Unsqueeze", masked, self._constant([2])))
        summed = self._op("ReduceSum", kept, self._constant([1]), keepdims=0)
        mean = self._op("Div", summed, self._op("ReduceSum", masked, self._constant([1]), keepdims=1))
        self._nodes.append(helper.make_node("LpNormalization", [mean], ["vectors"], axis=-1, p=2))
        wants = [("ids", ["n", "length"]), ("mask", ["n", "length"]), ("positions", ["length"])]
        graph = helper.make_graph(
            self._nodes,
            "minilm",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name, shape in wants],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["n", _WIDTH])],
            initializer=self._initial,
        )
        made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
        return made.SerializeToString()

    def _embedded(self) -> str:
        words = self._op("Gather", self._weight("embeddings.word_embeddings.weight"), "ids")
        places = self._op("Gather", self._weight("embeddings.position_embeddings.weight"), "positions")
        kind = self._given("kind", self._tensors["embeddings.token_type_embeddings.weight"][0])
        return self._norm(self._op("Add", self._op("Add", words, places), kind), "embeddings.LayerNorm")

    def _layer(self, state: str, bias: str, name: str) -> str:
        split, joined = self._constant([0, 0, _HEADS, _WIDTH // _HEADS]), self._constant([0, 0, _WIDTH])

        def heads(part: str, order: list[int]) -> str:
            whole = self._linear(state, f"{name}attention.self.{part}")
            return self._op("Transpose", self._op("Reshape", whole, split), perm=order)

        query, key = heads("query", [0, 2, 1, 3]), heads("key", [0, 2, 3, 1])
        near = self._op("Mul", self._op("MatMul", query, key), self._constant((_WIDTH // _HEADS) ** -0.5))
        weighed = self._op("Softmax", self._op("Add", near, bias), axis=-1)
        heard = self._op("Transpose", self._op("MatMul", weighed, heads("value", [0, 2, 1, 3])), perm=[0, 2, 1, 3])
        said = self._linear(self._op("Reshape", heard, joined), f"{name}attention.output.dense")
        state = self._norm(self._op("Add", state, said), f"{name}attention.output.LayerNorm")
        wide = self._op("Gelu", self._linear(state, f"{name}intermediate.dense"))
        narrow = self._linear(wide, f"{name}output.dense")
        return self._norm(self._op("Add", state, narrow), f"{name}output.LayerNorm")

    def _linear(self, state: str, name: str) -> str:
        turned = self._given(f"{name}.turned", np.ascontiguousarray(self._tensors[f"{name}.weight"].T))
        return self._op("Add", self._op("MatMul", state, turned), self._weight(f"{name}.bias"))

    def _norm(self, state: str, name: str) -> str:
        scale, shift = self._weight(f"{name}.weight"), self._weight(f"{name}.bias")
        return self._op("LayerNormalization", state, scale, shift, axis=-1, epsilon=1e-12)

    def _op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def _constant(self, value: float | list[int]) -> str:
        name = f"constant{len(self._initial)}"
        kind = np.int64 if isinstance(value, list) else np.float32
        self._initial.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def _weight(self, name: str) -> str:
        return self._given(name, np.ascontiguousarray(self._tensors[name]))

    def _given(self, name: str, value: NDArray[np.float32]) -> str:
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=value.shape)
        tensor.data_location = TensorProto.EXTERNAL
        for key, said in (("location", "given"), ("offset", "0"), ("length", str(value.nbytes))):
            tensor.external_data.add(key=key, value=said)
        self._initial.append(tensor)
        self.weights[name] = value
        return name
