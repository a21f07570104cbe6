"""One step of the network in ONNX Runtime: `models.speed` compares the core with it."""

import itertools
import logging
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from instrument import bands
from instrument.analysis import SLOT_OCTAVES
from instrument.bundle import Bundle
from models.grain_vae import SLOPE
from models.runtimes import LEVELS, Starts, weights
from models.synth import LOUDEST, SILENT

F32 = NDArray[np.float32]
OPSET = 17
OCTAVE = float(np.log(2.0))


class Graph:
    """Nodes and constants of a graph that is being written down."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        name = f"constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        return self.nodes_of(kind, 1, *inputs, **attributes)[0]

    def nodes_of(self, kind: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        names = [f"value{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names

    def linear(self, bundle: Bundle, layer: str, x: str) -> str:
        weight, bias = weights(bundle, layer)
        product = self.node("MatMul", x, self.constant(np.ascontiguousarray(weight.T)))
        return self.node("Add", product, self.constant(bias))

    def leaky(self, x: str) -> str:
        return self.node("LeakyRelu", x, alpha=SLOPE)


def graph(bundle: Bundle) -> Any:
    """Return the step as an ONNX model: state, gates, lens → next, grain; any number of hits."""
    header, made = bundle.header, Graph()
    state = _recur(made, made.linear(bundle, "recurrent", "state"))
    hidden = made.leaky(
        made.node("Add", made.linear(bundle, "inner", made.linear(bundle, "path", state)), "lens")
    )
    y = made.linear(bundle, "spectrum", made.leaky(made.linear(bundle, "outer", hidden)))
    grain = _grain(made, y)
    for name, value in (("next", state), ("grain", grain)):
        made.nodes.append(helper.make_node("Identity", [value], [name]))
    widths = {"state": header.hidden, "gates": 3 * header.hidden, "lens": header.width,
              "next": header.hidden, "grain": LEVELS + bands.OSCILLATORS}  # fmt: skip
    ends = {
        name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["hits", width])
        for name, width in widths.items()
    }
    inputs, outputs = list(ends.values())[:3], list(ends.values())[3:]
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(
        helper.make_graph(made.nodes, "step", inputs, outputs, made.constants),
        opset_imports=[opset],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    return model


def _recur(made: Graph, recurrent: str) -> str:
    """Return the next state of a GRU: new + update * (state - new)."""
    r, u, n = made.nodes_of("Split", 3, recurrent, axis=1)
    fixed_r, fixed_u, fixed_n = made.nodes_of("Split", 3, "gates", axis=1)
    reset, update = (
        made.node("Sigmoid", made.node("Add", fixed, x)) for fixed, x in ((fixed_r, r), (fixed_u, u))
    )
    new = made.node("Tanh", made.node("Add", fixed_n, made.node("Mul", reset, n)))
    return made.node("Add", new, made.node("Mul", update, made.node("Sub", "state", new)))


def _grain(made: Graph, y: str) -> str:
    """Return gains and frequencies, as models.synth.parts does."""
    sizes = made.constant(np.array([LEVELS, bands.OSCILLATORS], np.int64))
    levels, offsets = made.nodes_of("Split", 2, y, sizes, axis=1)
    loud, silent, reach = (made.constant(np.float32(x)) for x in (LOUDEST, SILENT, SLOT_OCTAVES * OCTAVE))
    audible = made.node("Cast", made.node("Greater", levels, silent), to=TensorProto.FLOAT)
    gains = made.node("Mul", made.node("Exp", made.node("Min", levels, loud)), audible)
    bent = made.node("Exp", made.node("Mul", made.node("Tanh", offsets), reach))
    hz = made.node("Mul", bent, made.constant(bands.slot_centres_hz().astype(np.float32)))
    return made.node("Concat", gains, hz, axis=1)


def quantised(model: Any) -> bytes:
    """Return the model with its products in int8: weights by column ahead of time, the rest as it runs."""
    logging.getLogger().setLevel(max(logging.getLogger().level, logging.ERROR))  # it advises by warnings
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "int8.onnx"
        quantize_dynamic(model, out, per_channel=True, weight_type=QuantType.QInt8)
        return out.read_bytes()


class Onnx:
    """ONNX Runtime, its inputs and outputs bound once: float32, or its dynamic int8."""

    def __init__(self, bundle: Bundle, hits: Starts, *, int8: bool = False) -> None:
        self.name = f"ONNX Runtime {onnxruntime.__version__}, {'int8' if int8 else 'float32'}"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        data = quantised(graph(bundle)) if int8 else graph(bundle).SerializeToString()
        self._session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        self._hits = hits

    def begin(self, batch: int) -> None:
        value = onnxruntime.OrtValue.ortvalue_from_numpy
        found = (self._hits.state, self._hits.gates, self._hits.lens)
        state, gates, lens = (value(x[:batch].copy()) for x in found)
        states = (
            state,
            value(np.zeros_like(self._hits.state[:batch])),
        )  # each step's output is the next's input
        self._out = value(np.zeros((batch, LEVELS + bands.OSCILLATORS), np.float32))
        bindings = []
        for before, after in (states, states[::-1]):
            binding = self._session.io_binding()
            for name, held in (("state", before), ("gates", gates), ("lens", lens)):
                binding.bind_ortvalue_input(name, held)
            for name, held in (("next", after), ("grain", self._out)):
                binding.bind_ortvalue_output(name, held)
            bindings.append(binding)
        self._turns = itertools.cycle(bindings)

    def step(self) -> None:
        self._session.run_with_iobinding(next(self._turns))

    def grains(self) -> F32:
        return np.asarray(self._out.numpy(), np.float32)
