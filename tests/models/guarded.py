"""Decorators around run() as tensor libraries have them, a stand-in for a module of layers, and a health check."""

import functools
from typing import Any, Callable, List

from cog import BaseRunner, Input


class inference_mode:
    """As `torch.inference_mode()`: a context that also decorates."""

    active = False

    def __enter__(self) -> None:
        inference_mode.active = True

    def __exit__(self, *_: object) -> None:
        inference_mode.active = False

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return wrapper


class Linear:
    def __init__(self, weights: List[float]) -> None:
        self.weights = weights

    def __call__(self, values: List[float]) -> float:
        if not inference_mode.active:
            raise RuntimeError("not in inference mode")
        return sum(a * b for a, b in zip(self.weights, values))


class Predictor(BaseRunner):
    def setup(self) -> None:
        self.layer = Linear([1.0, 10.0, 100.0])
        self.healthy = True

    def healthcheck(self) -> bool:
        return self.healthy

    @inference_mode()
    def run(
        self,
        values: List[float] = Input(default=[1, 2, 3]),
        break_it: bool = False,
    ) -> float:
        self.healthy = not break_it
        return self.layer(values)
