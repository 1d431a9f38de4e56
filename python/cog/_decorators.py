"""Marks on a model's function. Both return the function unchanged."""

from __future__ import annotations

from typing import Any, Callable, Optional, TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])


@overload
def streaming(function: F) -> F: ...
@overload
def streaming() -> Callable[[F], F]: ...
def streaming(function: Optional[F] = None) -> Any:
    """Lets clients follow the output of an iterator as server-sent events.

    @streaming
    def run(self, prompt: str) -> ConcatenateIterator[str]:
        yield from generate(prompt)
    """

    def decorate(function: F) -> F:
        function.__cog_streaming__ = True  # type: ignore[attr-defined]
        return function

    return decorate if function is None else decorate(function)


@overload
def concurrent(function: F) -> F: ...
@overload
def concurrent(*, max: int = 1) -> Callable[[F], F]: ...
def concurrent(function: Optional[F] = None, *, max: int = 1) -> Any:
    """Lets up to `max` predictions run at once: as tasks of an async function, as processes of a synchronous one.

    @concurrent(max=8)
    async def run(self, prompt: str) -> str:
        return await ask(prompt)
    """
    if isinstance(max, bool) or not isinstance(max, int):
        raise TypeError(f"@concurrent: max must be an integer, not {max!r}")
    if max < 1:
        raise ValueError(f"@concurrent: max must be at least 1, not {max}")
    if function is not None and not callable(function):
        raise TypeError("concurrent must be used as @concurrent or @concurrent(max=...)")

    def decorate(function: F) -> F:
        function.__cog_concurrent_max__ = max  # type: ignore[attr-defined]
        return function

    return decorate if function is None else decorate(function)
