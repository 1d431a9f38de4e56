"""Base classes of models, and the functions that find a model in its file."""

from __future__ import annotations

import os
import sys
from typing import Any, Callable, Optional

from cog._scope import Scope, current_scope

__all__ = [
    "BasePredictor",
    "BaseRunner",
    "extract_setup_weights",
    "has_setup_weights",
    "load_predictor_from_ref",
]


source_loader: Optional[Callable[[str, str], Any]] = None
"""Makes the loader of a model's file, from its module's name and its path; None: the ordinary one."""


class BaseRunner:
    """A model: `setup()` runs once, when the server starts, and `run()` once for each prediction.

    The parameters of `run()` are the inputs, its return annotation is the output. A generator streams its output.
    With `async def` several predictions may run at once (`@cog.concurrent`). There may be a `train()` and a
    `healthcheck()`, too.

        class Runner(BaseRunner):
            def setup(self) -> None:
                self.model = load("weights.bin")

            def run(self, prompt: str, steps: int = Input(default=20, ge=1)) -> Path:
                self.record_metric("steps", steps)
                return Path(self.model(prompt, steps))
    """

    def setup(self, *args: Any, **kwargs: Any) -> Any:
        """Prepares the model, once, before the first prediction. May be `async def`.

        With a parameter `weights` it gets the text of the variable COG_WEIGHTS, or None.
        """

    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Answers one prediction. Every model defines this, or `predict`, its old name."""
        if defines(type(self), "predict"):
            return self.predict(*args, **kwargs)
        raise NotImplementedError("run has not been implemented by parent class")

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """The old name of `run`."""
        if not defines(type(self), "run"):
            raise NotImplementedError("run has not been implemented by parent class")
        import warnings

        warnings.warn("predict() is deprecated; use run() instead", DeprecationWarning, stacklevel=2)
        return self.run(*args, **kwargs)

    @property
    def scope(self) -> Scope:
        """The scope of the running prediction: what `current_scope()` returns."""
        return current_scope()

    def record_metric(self, key: str, value: object, mode: Optional[str] = "replace") -> None:
        """Records a metric of the running prediction; it appears under `metrics` in the answer.

        mode: "replace" sets it, "incr" adds to a number, "append" adds to a list.
        """
        self.scope.record_metric(key, value, mode)


class BasePredictor(BaseRunner):
    """The old name of `BaseRunner`, for models that define `predict()`. New models derive from `BaseRunner`.

    class Predictor(BasePredictor):
        def predict(self, text: str) -> str:
            return text.upper()
    """


def owner_of(cls: type[Any], name: str) -> Optional[type[Any]]:
    """The class in which an author has written this: one before the classes of this module; None if there is none."""
    for ancestor in cls.__mro__:
        if ancestor in (BaseRunner, BasePredictor, object):
            return None
        if name in ancestor.__dict__:
            return ancestor
    return None


def defines(cls: type[Any], name: str) -> bool:
    """Whether an author has written this method."""
    return owner_of(cls, name) is not None and callable(getattr(cls, name))


def load_predictor_from_ref(ref: str) -> Any:
    """The model that `file.py:Name` means: an instance if the name is a class, else what the name stands for.

    Without `:Name` it is `Runner`, else `Predictor`. The file runs as a module, found from the working directory.
    """
    path, _, name = ref.partition(":")
    module = _load_module(path)
    if not name:
        found = {one: getattr(module, one, None) for one in ("Runner", "Predictor")}
        name = default_name(str(module.__file__), module.__name__, found)
    target = getattr(module, name, None)
    if target is None:
        known = [key for key, value in vars(module).items() if _is_model(value, module.__name__)]
        raise attribute_missing(module.__name__, str(module.__file__), name, known, ref)
    return target() if isinstance(target, type) else target


def attribute_missing(module: str, file: str, name: str, known: list[str], ref: str) -> AttributeError:
    """The error for a model that is not in its file, where `known` are the classes and functions that are."""
    defined = ", ".join(sorted(known)) or "no class"
    return AttributeError(
        f"module '{module}' has no attribute '{name}': {file} defines {defined}; the reference is {ref}"
    )


def _is_model(value: object, module: str) -> bool:
    return callable(value) and getattr(value, "__module__", None) == module


def check_file(path: str) -> str:
    """The absolute path of a model's file. Raises FileNotFoundError, or ImportError for one that is not Python."""
    absolute = os.path.abspath(path)
    if not os.path.isfile(absolute):
        raise FileNotFoundError(f"model file {absolute} does not exist: check run: (or predict:) in cog.yaml")
    if not absolute.endswith(".py"):
        raise ImportError(f"cannot load module from {absolute}: the name of a model file ends in .py")
    return absolute


def _load_module(path: str) -> Any:
    from importlib.util import module_from_spec, spec_from_file_location

    absolute = check_file(path)
    name = os.path.basename(path).replace(".py", "")
    loader = source_loader(name, absolute) if source_loader else None
    spec = spec_from_file_location(name, absolute, loader=loader)
    assert spec is not None and spec.loader is not None
    folder = os.path.dirname(absolute)
    if folder != os.getcwd() and folder not in sys.path:
        sys.path.append(folder)  # behind everything, so that it shadows nothing
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def default_name(file: str, module: str, found: dict[str, Any]) -> str:
    """The name of the model where the reference gives none; `found` are what `Runner` and `Predictor` mean, or None."""
    runner, predictor = found["Runner"], found["Predictor"]
    if callable(runner):
        if predictor is not None:
            warn_of_model(f"{file} defines Runner and Predictor: Runner is used", file, UserWarning)
        return "Runner"
    if predictor is not None:
        warn_of_model("the name Predictor is deprecated; use Runner instead", file)
        return "Predictor"
    if runner is not None:
        raise TypeError(f"Runner of {file} exists but is not a class or callable")
    raise AttributeError(
        f"module has no Runner or Predictor: name the class or function in the reference, {module}.py:Name"
    )


def has_setup_weights(obj: Any) -> bool:
    """Whether `setup` of this model has a parameter called `weights`."""
    from cog._signature import Signature

    try:
        return any(parameter.name == "weights" for parameter in Signature(obj.setup).parameters)
    except (AttributeError, TypeError):
        return False


def extract_setup_weights(obj: Any) -> Optional[str]:
    """What `setup` gets as `weights`: the text of COG_WEIGHTS, or None when it is unset or empty."""
    return os.environ.get("COG_WEIGHTS") or None


def warn_of_model(message: str, place: str, category: type[Warning] = DeprecationWarning) -> None:
    """Warns of a model while it is loaded; `place` is its file, maybe with `, line N`."""
    import warnings

    file, _, line = place.partition(", line ")
    # Of __main__, so that Python shows it to the author unless told otherwise.
    warnings.warn_explicit(message, category, file, int(line or 1), "__main__")
