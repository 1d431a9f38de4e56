"""`Input()`: what a model says about one of its parameters."""

from __future__ import annotations

from typing import Any, NoReturn, Optional, Union

__all__ = ["FieldInfo", "Input"]

Number = Union[int, float]


class _NotGiven:
    """Stands for an argument that was left out, since None says something."""

    def __repr__(self) -> str:
        return "<not given>"


_missing: Any = _NotGiven()


class FieldInfo:
    """What `Input()` returns: its arguments as attributes, which cannot be changed.

    field = Input(default=1, ge=0)
    field.default, field.ge  # 1, 0
    """

    default: Any
    description: Optional[str]
    ge: Optional[Number]
    le: Optional[Number]
    min_length: Optional[int]
    max_length: Optional[int]
    regex: Optional[str]
    choices: Optional[list[Any]]
    deprecated: Optional[bool]
    accept: Optional[str]
    given: bool  # whether a default was written; `default` alone cannot tell None from nothing

    def __init__(
        self,
        default: Any = _missing,
        description: Optional[str] = None,
        ge: Optional[Number] = None,
        le: Optional[Number] = None,
        min_length: Optional[int] = None,
        max_length: Optional[int] = None,
        regex: Optional[str] = None,
        choices: Optional[list[Any]] = None,
        deprecated: Optional[bool] = None,
        accept: Optional[str] = None,
    ) -> None:
        values = dict(locals())
        del values["self"]
        given = default is not _missing
        self.__dict__.update(values, default=default if given else None, given=given)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"cannot assign to field '{name}'")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"cannot delete field '{name}'")

    def __eq__(self, other: object) -> bool:
        if type(other) is not FieldInfo:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _FIELDS)

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in _FIELDS))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, tuple((name, getattr(self, name)) for name in _FIELDS if name != "default" or self.given)

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in _FIELDS)
        return f"FieldInfo({fields})"


_FIELDS = tuple(name for name in FieldInfo.__annotations__ if name != "given")


def _restore(*fields: tuple[str, Any]) -> FieldInfo:
    return FieldInfo(**dict(fields))


def Input(
    default: Any = _missing,
    *,
    default_factory: Any = _missing,
    description: Optional[str] = None,
    ge: Optional[Number] = None,
    le: Optional[Number] = None,
    min_length: Optional[int] = None,
    max_length: Optional[int] = None,
    regex: Optional[str] = None,
    choices: Optional[list[Any]] = None,
    deprecated: Optional[bool] = None,
    accept: Optional[str] = None,
) -> Any:
    """Describes one input of a model, as the default of a parameter of `run()`.

    default: the value when a client sends none. Without it the input is required; None makes it optional.
    default_factory: not supported; write the value itself, each prediction gets a copy of a list or dict.
    description: a sentence for clients.
    ge, le: the least and the greatest number allowed.
    min_length, max_length: the least and the greatest length of a text, in characters.
    regex: a pattern that must be found somewhere in the text; `^` and `$` tie it to both ends.
    choices: the values allowed; for a list, of each of its items.
    deprecated: True tells clients to stop using the input.
    accept: the media types that a file may have, such as "image/*"; shown to clients, not checked.

    Values that break a rule are refused with status 422 before the model runs. Raises TypeError for `default_factory`.

        class Runner(BaseRunner):
            def run(
                self,
                prompt: str = Input(description="What to draw", max_length=500),
                steps: int = Input(default=20, ge=1, le=100),
                size: str = Input(default="small", choices=["small", "large"]),
                seed: int = Input(default=None, description="Leave it out for a random one"),
            ) -> Path: ...
    """
    if default_factory is not _missing and default_factory is not None:
        raise TypeError(
            "Input() takes no default_factory: use a literal default instead "
            "(each prediction gets a copy of a list or dict of its own)"
        )
    return FieldInfo(default, description, ge, le, min_length, max_length, regex, choices, deprecated, accept)
