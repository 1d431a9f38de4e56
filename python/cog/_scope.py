"""What a model can reach of the prediction it runs in: its context and its metrics."""

from __future__ import annotations

from _thread import allocate_lock
from contextvars import ContextVar
from typing import Any, Callable, Optional

Emit = Callable[[str, str, Any], None]

_MODES = {None: "replace", "replace": "replace", "incr": "increment", "increment": "increment", "append": "append"}


class CancelationException(BaseException):
    """Raised inside a synchronous `run()` whose prediction was cancelled. Clean up, then raise it again.

    try:
        render()
    except CancelationException:
        remove_temporary_files()
        raise
    """


CancelationException.__module__ = "coglet"


def _check_name(name: str) -> None:
    if not name:
        raise ValueError("metric name must not be empty")
    size = len(name.encode())
    if size > 128:
        raise ValueError(f"metric name must be 128 characters or fewer (got {size} characters)")
    segments = name.split(".")
    if len(segments) > 4:
        raise ValueError(f"metric name must have at most 4 dot-separated segments (got {len(segments)})")
    if name.startswith("."):
        raise ValueError("metric name must not start with a dot")
    if name.endswith("."):
        raise ValueError("metric name must not end with a dot")
    for segment in segments:
        _check_segment(segment)


def _check_free(name: str) -> None:
    if name == "predict_time":
        raise ValueError("'predict_time' is reserved by the runtime")
    if name.startswith("cog."):
        raise ValueError("the 'cog.' prefix is reserved for system metrics")


def _check_segment(segment: str) -> None:
    if not segment:
        raise ValueError("metric name must not contain empty segments (consecutive dots)")
    if not (segment[0].isascii() and segment[0].isalpha()):
        raise ValueError(f"metric name segment '{segment}' must start with a letter")
    for character in segment:
        if not (character == "_" or (character.isascii() and character.isalnum())):
            raise ValueError(f"metric name segment '{segment}' contains invalid character '{character}'")
    if "__" in segment:
        raise ValueError(f"metric name segment '{segment}' must not contain consecutive underscores")
    if segment.endswith("_"):
        raise ValueError(f"metric name segment '{segment}' must end with a letter or digit")


def _type_name(value: object) -> str:
    for kind in (bool, int, float, str, list, dict):
        if isinstance(value, kind):
            return kind.__name__
    raise TypeError(
        f"Unsupported metric value type: {type(value).__name__}. Expected bool, int, float, str, list, or dict."
    )


def _plain(value: object) -> Any:
    """A copy made of JSON's own types; what JSON numbers cannot say becomes null or the nearest float."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**64 else float(value)
    if isinstance(value, float):
        return float(value) if abs(value) < float("inf") else None
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"metric dict keys must be strings, not {type(key).__name__}")
        return {key: _plain(item) for key, item in value.items()}
    raise TypeError(f"Cannot convert {type(value).__name__} to JSON metric value")


class MetricRecorder:
    """Sends metrics as they are recorded. They cannot be read back."""

    __slots__ = ("_emit", "_types")

    def __init__(self, emit: Optional[Emit]) -> None:
        self._emit = emit
        self._types: dict[str, str] = {}

    def record(self, key: str, value: object, mode: Optional[str] = None) -> None:
        """Sets, adds to (`incr`) or appends to a metric.

        Raises ValueError for a bad name, TypeError for a bad value, mode or change of type.
        """
        operation = _MODES.get(mode)
        if operation is None:
            raise TypeError(f"Invalid metric mode: '{mode}'. Expected 'replace', 'incr', or 'append'.")
        if not isinstance(key, str):
            raise TypeError(f"metric name must be a string, not {type(key).__name__}")
        if self._emit is None:
            return
        known = self._types.get(key)
        if known is None:
            _check_name(key)
            _check_free(key)
        kind = _type_name(value)
        if known is not None and known != kind:
            raise TypeError(f"Metric '{key}' has type {known}, cannot set to {kind} without deleting first")
        if operation == "increment" and kind not in ("int", "float"):
            raise TypeError(f"Increment mode requires int or float, got {kind}")
        operand = _plain(value)
        self._types[key] = kind
        if operand is not None or operation != "increment":
            self._emit(operation, key, operand)

    def delete(self, key: str) -> None:
        """Forgets a metric and its type; one that was never recorded, or is the server's, is no error."""
        if not isinstance(key, str):
            raise TypeError(f"metric name must be a string, not {type(key).__name__}")
        if self._emit is None:
            return
        _check_name(key)
        self._types.pop(key, None)
        self._emit("replace", key, None)

    def __setitem__(self, key: str, value: object) -> None:
        if value is None:
            self.delete(key)
        else:
            self.record(key, value)

    def __delitem__(self, key: str) -> None:
        self.delete(key)

    def __repr__(self) -> str:
        state = "inactive" if self._emit is None else f"keys={len(self._types)}"
        return f"MetricRecorder({state})"


class Scope:
    """The running prediction, as its model sees it. Outside a prediction, and after its end, it ignores everything."""

    __slots__ = ("_metrics", "context", "traceparent", "tracestate")

    def __init__(
        self,
        context: dict[str, str],
        emit: Optional[Emit],
        traceparent: Optional[str] = None,
        tracestate: Optional[str] = None,
    ) -> None:
        """`emit(mode, name, value)` gets each metric; mode is replace, increment or append, a value of None deletes.

        `traceparent` and `tracestate` are the headers of the request, as they came; None when it had none.
        """
        self.context = context
        self.traceparent = traceparent
        self.tracestate = tracestate
        self._metrics = MetricRecorder(emit)

    @property
    def metrics(self) -> MetricRecorder:
        return self._metrics

    def record_metric(self, key: str, value: object, mode: Optional[str] = None) -> None:
        """Records a metric, as `metrics.record`: `mode` is replace (also None), incr or append.

        Raises TypeError for a mode or value that is not known, ValueError for a name that is not allowed.
        """
        self._metrics.record(key, value, mode)

    def end(self) -> None:
        """The prediction is over: from now on nothing is recorded."""
        self._metrics._emit = None

    def __repr__(self) -> str:
        return f"Scope({self._metrics!r})"


scope_var: ContextVar[Optional[Scope]] = ContextVar("cog_scope", default=None)

_lock = allocate_lock()
_running: Optional[Scope] = None
_factory: Optional[Callable[[], Scope]] = None


def enter(scope: Scope) -> None:
    """Makes `scope` the answer to `current_scope()` in every thread that has none of its own."""
    global _running
    _running = scope


def enter_with(factory: Callable[[], Scope]) -> None:
    """Like `enter`, but the scope is made when a model first asks for it."""
    global _factory
    _factory = factory


def leave() -> None:
    """Ends what `enter` or `enter_with` began."""
    global _running, _factory
    _factory = None
    scope, _running = _running, None
    if scope is not None:
        scope.end()


def current_scope() -> Scope:
    """The scope of the running prediction: its context, its trace and its metrics. Never None.

    Outside a prediction it is one that ignores everything. It may be asked for anywhere below `run()`.

        scope = current_scope()
        scope.record_metric("tokens", 12, mode="incr")
        scope.metrics["model"] = "small"
        scope.context.get("replicate_api_token")
    """
    global _running
    scope = scope_var.get() or _running
    if scope is not None:
        return scope
    with _lock:
        if _running is None:
            if _factory is None:
                return Scope({}, None)
            _running = _factory()
        return _running
