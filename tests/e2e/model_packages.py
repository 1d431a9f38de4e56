"""The packages of tests/models, and what is made with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from package_venv import PackageVenv

VENV = PackageVenv(
    "models",
    "numpy==2.4.6",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "pillow==13.0.0",
    "pydantic==2.14.4",
    "scikit-learn==1.9.1",
)
PYTHON = VENV.python

SAVE_FLOWERS = """
import pickle
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
flowers = load_iris()
model = LogisticRegression(max_iter=500).fit(flowers.data, flowers.target)
pickle.dump({"model": model, "names": [str(name) for name in flowers.target_names]}, open("flowers.pickle", "wb"))
"""
SAVE_MATRIX = """
import numpy, onnx
from onnx import TensorProto, helper
weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 3], [1, 2, 3, 10, 20, 30])
graph = helper.make_graph(
    [helper.make_node("MatMul", ["x", "w"], ["y"])],
    "matrix",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 3])],
    [weights],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
onnx.checker.check_model(model)
open("matrix.onnx", "wb").write(model.SerializeToString())
"""


def run_in(folder: Path, code: str) -> None:
    """Runs Python of the environment in a folder."""
    subprocess.run([str(PYTHON), "-c", code], cwd=folder, check=True)
