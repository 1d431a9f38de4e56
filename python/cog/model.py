"""`BaseModel`: structured outputs as dataclasses."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

__all__ = ["BaseModel"]

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform():
        return lambda cls: cls


@dataclass_transform()
class BaseModel:
    """A structured input or output. Each subclass becomes a dataclass, unless it says `auto_dataclass=False`.

        class Answer(BaseModel):
            text: str
            score: Optional[float]

        Answer(text="yes")

    An Optional field may be left out and is then None. Further keyword arguments of the class go to `dataclass`.
    Raises TypeError or ValueError for bases that do not fit.
    """

    def __init_subclass__(cls, *, auto_dataclass: bool = True, init: bool = True, **options: Any) -> None:
        super().__init_subclass__()  # of Generic, which makes `Model[int]` work
        first = cls.__bases__[0]
        if not issubclass(first, BaseModel):
            raise TypeError(f'The primary base class of "{cls.__name__}" must inherit from BaseModel')
        if not auto_dataclass and first.__dict__.get("__cog_auto_dataclass__", False):
            raise ValueError(
                f"{cls.__name__} must not have auto_dataclass=False: {first.__name__} is a dataclass already, "
                "and its fields would be lost"
            )
        for other in cls.__bases__[1:]:
            if not issubclass(other, BaseModel) and hasattr(other, "__dataclass_fields__"):
                raise TypeError(f'Cannot mix the dataclass "{other.__name__}" into the BaseModel "{cls.__name__}"')
        cls.__cog_auto_dataclass__ = auto_dataclass  # type: ignore[attr-defined]
        if auto_dataclass:
            from dataclasses import dataclass

            if init and not options.get("kw_only"):
                _complete_defaults(cls)
            dataclass(init=init, **options)(cls)
        elif options:
            raise TypeError(f"{cls.__name__} got options of dataclass with auto_dataclass=False: {', '.join(options)}")


class Required:
    """The default of a field that has none, behind one that has: leaving it out is an error of the constructor."""

    def __init__(self, owner: str, name: str) -> None:
        self.owner, self.name = owner, name

    def __call__(self) -> NoReturn:
        raise TypeError(f"{self.owner}() missing required argument: '{self.name}'")


def _complete_defaults(cls: type) -> None:
    from dataclasses import MISSING, field

    from cog._annotations import raw_annotations, resolve, union_members

    inherited = getattr(cls, "__dataclass_fields__", {}).values()
    behind_default = any(f.default is not MISSING or f.default_factory is not MISSING for f in inherited if f.init)
    names = vars(sys.modules[cls.__module__]) if cls.__module__ in sys.modules else {}
    for name, annotation in raw_annotations(cls).items():
        if name in cls.__dict__ or "ClassVar" in str(annotation) or "InitVar" in str(annotation):
            behind_default = behind_default or name in cls.__dict__
        elif union_members(resolve(annotation, names, vars(cls)))[1]:
            setattr(cls, name, None)
            behind_default = True
        elif behind_default:
            setattr(cls, name, field(default_factory=Required(cls.__name__, name)))
