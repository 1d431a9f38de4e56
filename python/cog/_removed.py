"""The API of 2021, `cog.Predictor` and `@cog.input`, which is gone: what to write instead."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, NoReturn

from cog.errors import CogError

SINCE = "gone since Cog 0.1.0 (2022)"
CURE = "`cog doctor --fix` rewrites it"


class RemovedError(CogError, TypeError):
    """A model uses what is no part of Cog any more."""


def _shown(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)


def refuse_input(name: str = "text", type: Any = str, default: Any = ..., help: str = "", **_: Any) -> NoReturn:
    """For `@cog.input(...)`, with the parameter that it becomes."""
    words = [f"default={default!r}"] if default is not ... else []
    words += [f"description={help!r}"] if help else []
    parameter = f"{name}: {_shown(type)} = cog.Input({', '.join(words)})"
    raise RemovedError(f"@cog.input is {SINCE}: write `{parameter}` among the parameters of the method; {CURE}")


class Predictor:
    """The base class of models until 2021. Deriving from it raises RemovedError."""

    def __init_subclass__(cls, **_: Any) -> NoReturn:
        raise RemovedError(
            f"cog.Predictor is {SINCE}: write `class {cls.__name__}(cog.BaseRunner):`, and the inputs as parameters of "
            f'its method `def run(self, text: str = cog.Input(description="...")) -> str:`; {CURE}'
        )


class _InputModule(ModuleType):
    def __call__(self, *arguments: Any, **options: Any) -> NoReturn:
        refuse_input(*arguments, **options)


def refuse_calls(module: str) -> None:
    """`cog.input` is a module now; who calls it means the decorator."""
    sys.modules[module].__class__ = _InputModule
