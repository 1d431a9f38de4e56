"""Several predictions in one call of the model: the mark on that method, its items, and what belongs to one of them."""

from __future__ import annotations

from contextvars import ContextVar, Token
from types import FunctionType
from typing import Any, Callable, Iterator, Optional, Sequence, TypeVar, Union

from cog._scope import Emit, Scope, scope_var
from cog._signature import Signature, mark

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_LARGEST = 1024  # items of a batch
_LONGEST = 1000  # milliseconds
_COROUTINE, _ASYNC_GENERATOR, _GENERATOR = 0x80, 0x200, 0x20


def batch(*, max_size: int, max_wait_ms: float = 5, key: Sequence[str] = (), isolate: bool = False) -> Callable[[F], F]:
    """Lets one call of this method answer up to `max_size` predictions.

    The server never waits longer than `max_wait_ms` for more of them, and learns when waiting is of use. Only
    predictions with equal values of the inputs in `key` go together. `isolate` says that running an item twice does no
    harm: when a call raises or the process dies, its items run again in halves until the bad one is alone.

    def run(self, text: str) -> float:
        return run_one(self.run_batch, text=text)

    @batch(max_size=8)
    def run_batch(self, inputs: Sequence[Inputs]) -> Sequence[float | Exception]:
        return self.model([item.text for item in inputs])
    """
    if isinstance(max_size, bool) or not isinstance(max_size, int) or not 1 <= max_size <= _LARGEST:
        raise TypeError(f"@batch: max_size must be an integer from 1 to {_LARGEST}, not {max_size!r}")
    if isinstance(max_wait_ms, bool) or not isinstance(max_wait_ms, (int, float)) or not 0 <= max_wait_ms <= _LONGEST:
        raise TypeError(f"@batch: max_wait_ms must be a number from 0 to {_LONGEST}, not {max_wait_ms!r}")
    if isinstance(key, str) or not all(isinstance(name, str) for name in key):
        raise TypeError(f'@batch: key must be names of inputs, as in key=("width",), not {key!r}')
    if not isinstance(isolate, bool):
        raise TypeError(f"@batch: isolate must be True or False, not {isolate!r}")
    rules = {"max_size": max_size, "max_wait_ms": float(max_wait_ms), "key": list(key), "isolate": isolate}

    def decorate(function: F) -> F:
        function.__cog_batch__ = rules  # type: ignore[attr-defined]
        return function

    return decorate


class Inputs:
    """The inputs of one item of a batch: an attribute for each parameter of `run`.

    item = Inputs(text="hello", width=64)
    item.text
    """

    __slots__ = ("__dict__", "_cog_scope")

    _cog_scope: ItemScope

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:
        known = ", ".join(self.__dict__) or "none"
        raise AttributeError(f"there is no input '{name}': the inputs are {known}")

    def __reduce__(self) -> tuple[Any, ...]:
        return _make_inputs, (self.__dict__,)

    def __repr__(self) -> str:
        return f"Inputs({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


def _make_inputs(values: dict[str, Any]) -> Inputs:
    return Inputs(**values)


class ItemScope(Scope):
    """What a model can reach of one item of a batch. In a `with` block, prints and `current_scope()` are the item's."""

    __slots__ = ("_entered", "_is_canceled", "_number", "_number_var")

    def __init__(
        self,
        context: dict[str, str],
        emit: Optional[Emit],
        traceparent: Optional[str] = None,
        tracestate: Optional[str] = None,
        number_var: Optional[ContextVar[Optional[int]]] = None,
        number: int = 0,
        is_canceled: Callable[[int], bool] = lambda number: False,
    ) -> None:
        """`number_var` tells the worker whose the prints are."""
        super().__init__(context, emit, traceparent, tracestate)
        self._number_var = number_var
        self._number = number
        self._is_canceled = is_canceled
        self._entered: ContextVar[tuple[Any, ...]] = ContextVar("cog_entered", default=())

    @property
    def canceled(self) -> bool:
        """Whether nobody waits for this item any more: it may be left out of what is still to be done."""
        return self._is_canceled(self._number)

    def __enter__(self) -> ItemScope:
        tokens: list[Token[Any]] = [scope_var.set(self)]
        if self._number_var is not None:
            tokens.append(self._number_var.set(self._number))
        self._entered.set((*self._entered.get(), tokens))
        return self

    def __exit__(self, *_: object) -> None:
        *outer, tokens = self._entered.get()
        self._entered.set(tuple(outer))
        for token in tokens:
            token.var.reset(token)


def scope_of(item: Any) -> ItemScope:
    """The scope of one item of a batch: its context, its trace, its metrics, and whether it was cancelled.

    for item in inputs:
        with scope_of(item) as scope:
            scope.record_metric("length", len(item.text))
            print("only in the log of this one")
    """
    scope = getattr(item, "_cog_scope", None) if isinstance(item, Inputs) else None
    return scope if scope is not None else ItemScope({}, None)


def run_one(method: Callable[[Any], Sequence[Union[T, Exception]]], /, **inputs: Any) -> T:
    """Calls a batch method with one item; raises what it returns for it if that is an exception.

    def run(self, text: str) -> float:
        return run_one(self.run_batch, text=text)
    """
    name = getattr(method, "__name__", "run_batch")
    (result,) = check_results(method([Inputs(**inputs)]), 1, name)
    if isinstance(result, Exception):
        raise result
    return result  # type: ignore[no-any-return]


class BatchResultError(Exception):
    """A batch method has returned something else than one result for each of its inputs."""


def check_results(results: Any, count: int, name: str) -> list[Any]:
    """The results as a list. Raises BatchResultError unless there is one for each input, in an order."""
    inputs = f"{count} input{'s' * (count != 1)}"
    if results is None:
        raise BatchResultError(f"{name}() returned None for {inputs}")
    is_text = isinstance(results, (str, bytes, bytearray, dict))
    if is_text or not hasattr(results, "__len__") or not hasattr(results, "__getitem__"):
        raise BatchResultError(f"{name}() returned no sequence but {type(results).__name__} for {inputs}")
    if len(results) != count:
        raise BatchResultError(f"{name}() returned {len(results)} result{'s' * (len(results) != 1)} for {inputs}")
    return list(results)


class Batch:
    """The batch method of a loaded model."""

    def __init__(self, method: Callable[[Any], Any], rules: dict[str, Any]) -> None:
        self.method = method
        self.name = method.__name__
        self.rules = rules


def find_batch(target: Any, run: Signature, streams: bool) -> Optional[Batch]:
    """The marked method of a model whose `run` is this. Raises ValueError, naming file and line, if it cannot."""
    marked = dict(_marked(type(target)))
    if not marked:
        return None
    if len(marked) > 1:
        first, second = list(marked)[:2]
        raise ValueError(f"only one method may be marked @cog.batch, not {first}() and {second}() ({place_of(target)})")
    ((name, rules),) = marked.items()
    method = getattr(target, name)
    signature = Signature(method)
    at = f"({signature.place})"
    if _flags(method) & (_COROUTINE | _ASYNC_GENERATOR | _GENERATOR):
        raise ValueError(f"{signature.qualname}() is marked @cog.batch: write it with a plain def and return {at}")
    if _flags(run.function) & (_COROUTINE | _ASYNC_GENERATOR):
        raise ValueError(f"{run.qualname}() has a batch method beside it: write it with a plain def ({run.place})")
    if streams or _flags(run.function) & _GENERATOR:
        raise ValueError(f"{run.qualname}() streams its output, and a batch cannot: remove @cog.batch {at}")
    names = [parameter.name for parameter in run.parameters]
    for wanted in rules["key"]:
        if wanted not in names:
            raise ValueError(f"@cog.batch: '{wanted}' of key is no input of {run.qualname}() {at}")
    return Batch(method, rules)


def place_of(target: Any) -> str:
    """File and line of the first marked method of a model."""
    return str(next(Signature(getattr(target, name)).place for name, _ in _marked(type(target))))


def has_batch(cls: type[Any]) -> bool:
    return any(True for _ in _marked(cls))


def _marked(cls: type[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    seen: set[str] = set()
    for ancestor in cls.__mro__:
        for name, value in ancestor.__dict__.items():
            if name in seen:
                continue
            seen.add(name)
            function = getattr(value, "__func__", value)
            rules = mark(function, "__cog_batch__") if isinstance(function, FunctionType) else None
            if rules is not None:
                yield name, rules


def _flags(function: Any) -> int:
    from cog._signature import innermost

    return int(innermost(function).__code__.co_flags)
