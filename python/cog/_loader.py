"""From a reference to a model that is ready for `setup()`."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Optional

from cog._batch import Batch, find_batch, has_batch, place_of
from cog._signature import Signature, mark, unwrap_defaults
from cog.predictor import (
    BasePredictor,
    defines,
    extract_setup_weights,
    has_setup_weights,
    load_predictor_from_ref,
    owner_of,
    warn_of_model,
)

_COROUTINE, _ASYNC_GENERATOR = 0x80, 0x200


class Model:
    """A loaded model; `setup()` has not run yet."""

    def __init__(self, ref: str, mode: str, target: Any, run: Callable[..., Any]) -> None:
        self.ref = ref
        self.mode = mode
        self.target = target
        self.run = run
        self.kind = _kind(run)
        self.asynchronous = self.kind != "sync"
        self.healthcheck: Optional[Callable[[], Any]] = None if _is_function(target) else _attribute(target)
        self.streaming = bool(mark(run, "__cog_streaming__"))
        self.concurrency: Optional[int] = mark(run, "__cog_concurrent_max__")
        unwrap_defaults(run)
        self.signature = Signature(run)
        check_callable(self.signature)
        batches = mode == "predict" and not _is_function(target)
        self.batch: Optional[Batch] = find_batch(target, self.signature, self.streaming) if batches else None

    def setup(self) -> Any:
        """Calls the model's `setup`. Returns a coroutine if that is async, else None."""
        if _is_function(self.target) or not hasattr(self.target, "setup"):
            return None
        arguments = {}
        if has_setup_weights(self.target):
            arguments["weights"] = extract_setup_weights(self.target)
        result = self.target.setup(**arguments)
        return result if hasattr(result, "__await__") else None


def check_callable(signature: Any) -> None:
    """Raises TypeError for a function that cannot be called with the inputs as keywords."""
    name = f"{signature.qualname}()"
    if signature.positional_only:
        raise TypeError(
            f"{name} takes {', '.join(signature.positional_only)} by position only, and a prediction passes keywords: "
            f"remove the / ({signature.place})"
        )
    if signature.lacks_self:
        raise TypeError(f"{name} has no self: write it before the inputs ({signature.place})")


def load(ref: str, mode: str = "predict") -> Model:
    """The model that `file.py:Name` means, from the working directory.

    Raises what the model's file raises; FileNotFoundError, ImportError, AttributeError, TypeError and ValueError of our
    own say what to mend.
    """
    target = load_predictor_from_ref(ref)
    if _is_function(target):
        return Model(ref, mode, target, target)
    _check_kind(target, ref)
    cls = type(target)
    if mode != "train" and not defines(cls, "run") and not defines(cls, "predict") and has_batch(cls):
        raise ValueError(
            f"{cls.__name__} has a method marked @cog.batch and no run(), which says what one item is: "
            f"write it as `return cog.run_one(self.run_batch, ...)` ({place_of(target)})"
        )
    choose = choose_training if mode == "train" else choose_prediction
    return Model(ref, mode, target, getattr(target, choose(cls, _place(cls))))


def _check_kind(target: Any, ref: str) -> None:
    """Raises ValueError for what is neither a class of the author's, an instance of one, nor a function."""
    module = type(target).__module__
    if module in ("builtins", "functools"):
        path, _, name = ref.partition(":")
        raise ValueError(
            f"run or predict method not found: {name} of {os.path.abspath(path)} is of type {type(target).__name__}: "
            "a model is a class or a function written with def"
        )


def choose_prediction(cls: type[Any], place: str) -> str:
    """The name of the method that answers predictions; `place` is where the class stands. Raises ValueError."""
    run, predict = defines(cls, "run"), defines(cls, "predict")
    if run and predict:
        raise ValueError(f"{cls.__name__} must define either run() or predict(), not both ({place})")
    if not run and not predict and owner_of(cls, "run") is not None:
        raise ValueError(
            f"run or predict method not found: {cls.__name__}.run is not a method: write def run ({place})"
        )
    if not run and not predict:
        if defines(cls, "train"):
            raise ValueError(
                f"run or predict method not found: {cls.__name__} only has train(); it serves with --x-mode train "
                f"({place})"
            )
        raise ValueError(f"run or predict method not found: {cls.__name__} needs a method run() ({place})")
    if predict:
        warn_of_model(f"{cls.__name__}.predict() is deprecated; use run() instead", place)
    if issubclass(cls, BasePredictor):
        warn_of_model("BasePredictor is deprecated; use BaseRunner instead", place)
    return "run" if run else "predict"


def choose_training(cls: type[Any], place: str) -> str:
    """The name of the method that trains. Raises ValueError."""
    if not defines(cls, "train"):
        raise ValueError(f"Training not supported by this predictor: {cls.__name__} has no method train() ({place})")
    return "train"


def _place(cls: type[Any]) -> str:
    """File and line of a class; `inspect` knows them too, but takes long to import."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    try:
        with open(file or "", encoding="utf-8") as source:
            for number, line in enumerate(source, 1):
                words = line.replace("(", " ").replace(":", " ").split()
                if words[:2] == ["class", cls.__name__]:
                    return f"{file}, line {number}"
    except (OSError, ValueError):
        pass
    return file or f"module {cls.__module__}"


def _is_function(target: Any) -> bool:
    return type(target).__name__ == "function"


def _attribute(target: Any) -> Any:
    return getattr(target, "healthcheck", None)


def _kind(run: Callable[..., Any]) -> str:
    function: Any = getattr(run, "__func__", run)
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    flags = code.co_flags if code is not None else 0
    if flags & _ASYNC_GENERATOR:
        return "async_generator"
    return "async" if flags & _COROUTINE or hasattr(function, "_is_coroutine_mark") else "sync"
