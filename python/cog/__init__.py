"""What a model imports: base classes, types of inputs and outputs, marks and the scope of a prediction."""

from __future__ import annotations

from typing import Any

from cog import input as input  # sub-modules that models reach as attributes
from cog import model as model
from cog import predictor as predictor
from cog import types as types
from cog._batch import Inputs, batch, run_one, scope_of
from cog._decorators import concurrent, streaming
from cog._opaque import Opaque
from cog._removed import refuse_calls
from cog._scope import CancelationException, current_scope
from cog._version import __build__, __version__
from cog.input import FieldInfo, Input
from cog.model import BaseModel
from cog.predictor import BasePredictor, BaseRunner
from cog.types import (
    AsyncConcatenateIterator,
    ConcatenateIterator,
    File,
    Path,
    Secret,
    URLFile,
    URLPath,
)

__all__ = [
    "AsyncConcatenateIterator",
    "BaseModel",
    "BasePredictor",
    "BaseRunner",
    "CancelationException",
    "ConcatenateIterator",
    "ExperimentalFeatureWarning",
    "FieldInfo",
    "File",
    "Input",
    "Inputs",
    "Opaque",
    "Path",
    "Secret",
    "URLFile",
    "URLPath",
    "__build__",
    "__version__",
    "batch",
    "concurrent",
    "current_scope",
    "emit_metric",
    "run_one",
    "scope_of",
    "streaming",
]


refuse_calls("cog.input")


def __getattr__(name: str) -> Any:
    """The two deprecated names, of which the first use of each prints one line on standard error, and `Predictor`."""
    import sys

    if name == "Predictor":
        from cog._removed import Predictor

        return Predictor
    if name == "ExperimentalFeatureWarning":
        advice = "Remove the import and the warnings filter that uses it."
        value: Any = type("_ExperimentalFeatureWarning", (FutureWarning,), {"__module__": "cog"})
        label = name
    elif name == "emit_metric":
        advice = "Use current_scope().record_metric(name, value) instead."
        value = _emit_metric
        label = "emit_metric()"
    else:
        raise AttributeError(f"module 'cog' has no attribute '{name}'")
    print(f"cog: {label} is deprecated and will be removed in a future release. {advice}", file=sys.stderr)
    globals()[name] = value
    return value


def _emit_metric(name: str, value: object) -> None:
    current_scope().record_metric(name, value)
